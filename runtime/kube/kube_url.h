/* kube_url: the server of a cluster, as a base URL. */
#ifndef ALMANAC_KUBE_URL_H
#define ALMANAC_KUBE_URL_H

#include <stdbool.h>

#include "base/err.h"

/* The URL that `server` stands for, without slashes at its end; without a scheme it is https where
 * `tls` says so. To be freed. NULL and *e (ERR_USAGE, to be wrapped with file and cluster) for what
 * is no address of a server. */
char *kube_url_of(const char *server, bool tls, struct err *e);
bool kube_url_is_tls(const char *url);

#endif
