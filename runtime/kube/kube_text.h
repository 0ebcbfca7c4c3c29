/* kube_text: the strings that a kubeconfig is kept as. */
#ifndef ALMANAC_KUBE_TEXT_H
#define ALMANAC_KUBE_TEXT_H

#include "base/err.h"

int kube_out_of_memory(struct err *e);
/* Replaces *to by a copy; a NULL text changes nothing. */
int kube_set_text(char **to, const char *text, struct err *e);
/* Frees a list of strings that ends with NULL; NULL is fine. */
void kube_free_lines(char **lines);

#endif
