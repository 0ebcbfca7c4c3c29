/* yaml_scalar: what an unquoted scalar of YAML means, in two dialects.
 *
 * YAML_CORE is the core schema of YAML 1.2, with one exception: 0644 is octal, as Kubernetes and
 * helm read it (0o644 too); 0899 is a string. yes, no, on and off are strings, and so are dates,
 * and integers past 64 bits.
 *
 * YAML_KUBERNETES is what kubectl and helm read (sigs.k8s.io/yaml, on go-yaml 2): y, yes, on, n, no
 * and off are booleans, 1_000, 0X1F, 0b11, 0O17 and 0899 are numbers, a number without a fraction
 * is an integer, and an integer past 64 bits a float.
 */
#ifndef ALMANAC_YAML_SCALAR_H
#define ALMANAC_YAML_SCALAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum yaml_scalar {
    YAML_SCALAR_STRING,
    YAML_SCALAR_NULL,
    YAML_SCALAR_BOOLEAN,
    YAML_SCALAR_INTEGER,
    YAML_SCALAR_FLOAT,
};

enum yaml_dialect { YAML_CORE, YAML_KUBERNETES };

/* What a scalar is; `integer`, `real` and `boolean` are set as `type` says. */
struct yaml_value {
    enum yaml_scalar type;
    bool boolean;
    int64_t integer;
    double real;
};
struct yaml_value yaml_resolve(const char *text, size_t len, enum yaml_dialect dialect);

#define YAML_KEY_MAX 32 /* bytes of a key that is no string, with its zero */

/* What an unquoted key becomes in JSON, where every key is a string: of YAML_KUBERNETES, on is
 * "true" and 0x10 is "16". Returns 1 when the text stands for itself; 0 and *out; -1 when no key
 * can be what it is (null, an integer past 63 bits). */
int yaml_key(const char *text, size_t len, char out[YAML_KEY_MAX]);

#endif
