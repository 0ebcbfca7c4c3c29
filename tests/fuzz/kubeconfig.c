/* A kubeconfig: whatever it says, it is taken or refused in words, and what it names in other files
 * stays in the directory of the test. */
#include "kube/kube.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

static char directory[256], path[300];

static void clean(void)
{
    unlink(path);
    rmdir(directory);
}

static void start(void)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(directory, sizeof directory, "%s/almanac-fuzz-XXXXXX", tmp ? tmp : "/tmp");
    CHECK(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/config", directory);
    setenv("KUBECONFIG", path, 1);
    setenv("HOME", directory, 1);
    unsetenv("KUBERNETES_SERVICE_HOST");
    atexit(clean);
}

static void use(struct kube_config *config)
{
    struct transfer_spec spec = {0};
    struct err e = {0};

    CHECK(config->server && config->namespace && config->context);
    if (kube_config_authorize(config, &e) == 0)
        CHECK(config->headers);
    kube_config_claims(config);
    kube_config_reread(config);
    kube_config_spec(config, &spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kube_options options = {0};
    struct kube_config *config;
    struct err e = {0};
    FILE *f;

    if (!path[0])
        start();
    f = fopen(path, "wb");
    CHECK(f && fwrite(data, 1, size, f) == size && fclose(f) == 0);
    config = kube_config_load(&options, &e);
    CHECK(config || (e.kind != ERR_NONE && e.kind != ERR_INTERNAL && e.message[0]));
    if (config)
        use(config);
    kube_config_free(config);
    return 0;
}
