#include "net/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TABLE "/proc/self/net/tcp"
#define TRIES 3 /* a table that changes while it is read may miss a line */

/* An end of a connection as the kernel writes it. */
struct end {
    char text[64];
};

int peer_known(struct err *e)
{
    if (access(TABLE, R_OK) == 0)
        return 0;
    return err_set_errno(e, ERR_IO, errno, "cannot tell whose connections are: %s", TABLE);
}

/* Looks for the connection: 1 with the user who holds it, 0 where it is not there. */
static int find(const char *table, const struct end *client, const struct end *server, uid_t *user)
{
    FILE *file = fopen(table, "re");
    char line[512], local[64], remote[64];
    unsigned int state, uid;
    int found = 0;

    if (!file)
        return 0;
    while (!found && fgets(line, sizeof line, file)) {
        if (sscanf(line, " %*d: %63s %63s %x %*s %*s %*s %u", local, remote, &state, &uid) != 4)
            continue;
        /* What was closed belongs to nobody, which is written as root's number. */
        found = state == TCP_ESTABLISHED && strcmp(local, client->text) == 0 &&
                strcmp(remote, server->text) == 0;
        *user = (uid_t)uid;
    }
    fclose(file);
    return found;
}

static void write_end(struct end *end, const char *family, in_addr_t address, int port)
{
    snprintf(end->text, sizeof end->text, "%s%08X:%04X", family, (unsigned int)address,
             (unsigned int)port);
}

/* A program may reach an address of IPv4 by a socket of IPv6, which is in a table of its own. */
static bool find_any(const struct sockaddr_in *in, int port, uid_t *user)
{
    static const struct {
        const char *table, *family;
    } tables[] = {{TABLE, ""}, {"/proc/self/net/tcp6", "0000000000000000FFFF0000"}};
    struct end client, server;

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        write_end(&client, tables[i].family, in->sin_addr.s_addr, ntohs(in->sin_port));
        write_end(&server, tables[i].family, htonl(INADDR_LOOPBACK), port);
        if (find(tables[i].table, &client, &server, user))
            return true;
    }
    return false;
}

bool peer_is_ours(const struct sockaddr *client, int port)
{
    const struct sockaddr_in *in = (const struct sockaddr_in *)client;
    uid_t user = 0;

    if (client->sa_family != AF_INET)
        return false;
    for (int i = 0; i < TRIES; i++) {
        if (find_any(in, port, &user))
            return user == geteuid() || user == 0;
    }
    return false;
}
