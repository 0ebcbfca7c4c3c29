/* float_text: a double as text that reads back as the same double. */
#ifndef ALMANAC_FLOAT_TEXT_H
#define ALMANAC_FLOAT_TEXT_H

#define FLOAT_TEXT_SIZE 40

/* The shortest of 15 to 17 digits that does, always with a point or an exponent, so that it is read
 * as a float: "2.0", "0.1", "1e+300". value is finite. */
void float_text(double value, char out[FLOAT_TEXT_SIZE]);

#endif
