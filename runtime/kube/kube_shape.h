/* kube_shape: whether a file has the form of a kubeconfig, by kubectl's rules: each known field is
 * of its type, and no list names a thing twice. Fields that are not known are nobody's business.
 * https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
#ifndef ALMANAC_KUBE_SHAPE_H
#define ALMANAC_KUBE_SHAPE_H

#include "kube/kube_yaml.h"

/* 0, or -1 and *e with file and line. */
int kube_shape_check(struct kube_yaml *y, struct err *e);

#endif
