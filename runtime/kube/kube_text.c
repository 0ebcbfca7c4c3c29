#include "kube/kube_text.h"

#include <stdlib.h>
#include <string.h>

int kube_out_of_memory(struct err *e)
{
    return err_set(e, ERR_MEMORY, "out of memory reading the kubeconfig");
}

int kube_set_text(char **to, const char *text, struct err *e)
{
    if (!text)
        return 0;
    free(*to);
    *to = strdup(text);
    return *to ? 0 : kube_out_of_memory(e);
}

void kube_free_lines(char **lines)
{
    for (size_t i = 0; lines && lines[i]; i++)
        free(lines[i]);
    free(lines);
}
