/* A target without libFuzzer: every file that is named, or in a directory that is, is its input. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t inputs;

static void replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    long size;

    CHECK(f && fseek(f, 0, SEEK_END) == 0);
    size = ftell(f);
    CHECK(size >= 0 && fseek(f, 0, SEEK_SET) == 0);
    data = malloc((size_t)size + 1);
    CHECK(data && fread(data, 1, (size_t)size, f) == (size_t)size);
    fclose(f);
    fprintf(stderr, "%s\n", path); /* the last one before a fault is to blame */
    LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
    inputs++;
}

static int is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct dirent **entries;
        int n = scandir(argv[i], &entries, is_file, alphasort);
        char path[512];

        if (n < 0)
            replay_file(argv[i]);
        for (int k = 0; k < n; k++) {
            snprintf(path, sizeof path, "%s/%s", argv[i], entries[k]->d_name);
            replay_file(path);
            free(entries[k]);
        }
        if (n >= 0)
            free(entries);
    }
    printf("%zu inputs\n", inputs);
    return inputs == 0;
}
