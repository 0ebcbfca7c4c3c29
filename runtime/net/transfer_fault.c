#include "net/transfer_fault.h"

#include <errno.h>
#include <string.h>
#include <openssl/x509_vfy.h>

static int fault_connect(const struct transfer_fault *f, struct err *e)
{
    if (f->proxy && *f->proxy) { /* it is the proxy that was not reached */
        err_set(e, ERR_NETWORK, "cannot connect to the proxy %s, which leads to %s: %s", f->proxy,
                f->peer, f->detail);
        return err_hint(e, "is the proxy up, and is this its address? proxy-url in a kubeconfig");
    }
    if (f->os_errno == ECONNREFUSED || strstr(f->detail, "refused")) {
        err_set(e, ERR_NETWORK, "nothing listens at %s: connection refused", f->peer);
        err_hint(e, "is the server up, and is this the right address and port?");
    } else if (f->os_errno) {
        err_set_errno(e, ERR_NETWORK, f->os_errno, "cannot connect to %s", f->peer);
        err_hint(e, "is the server up, and does the network (VPN, firewall) let you reach it?");
    } else {
        err_set(e, ERR_NETWORK, "cannot connect to %s: %s", f->peer, f->detail);
        err_hint(e, "is the server up, and does the network (VPN, firewall) let you reach it?");
    }
    if (e)
        e->os_errno = f->os_errno;
    return -1;
}

static int fault_timeout(const struct transfer_fault *f, struct err *e)
{
    bool total = f->total_timeout > 0 && f->elapsed >= f->total_timeout - 0.01;

    if (!f->connected && !total) {
        err_set(e, ERR_TIMEOUT, "could not connect to %s within %g s", f->peer, f->connect_timeout);
        return err_hint(e, "is the server up, and does the network let you reach it?");
    }
    if (!f->connected)
        err_set(e, ERR_TIMEOUT, "could not connect to %s within %g s (the whole request's timeout)",
                f->peer, f->total_timeout);
    else if (!f->answered)
        err_set(e, ERR_TIMEOUT, "no answer from %s within %g s", f->peer, f->total_timeout);
    else
        err_set(e, ERR_TIMEOUT, "the answer from %s was not complete within %g s (%zu bytes came)",
                f->peer, f->total_timeout, f->received);
    return err_hint(e, "the server is slow or overloaded; a longer `timeout` may help");
}

static int fault_untrusted(const struct transfer_fault *f, struct err *e)
{
    const struct tls_note *tls = f->tls;

    err_set(e, ERR_TLS, "the certificate of %s is signed by an unknown authority: %s", f->peer,
            tls->issuer[0] ? tls->issuer : X509_verify_cert_error_string(tls->code));
    return err_hint(e, "name the authority's certificate (certificate-authority in a kubeconfig, "
                       "ca_file for http), or check that this is the server you mean");
}

static int fault_verify(const struct transfer_fault *f, struct err *e)
{
    const struct tls_note *tls = f->tls;

    switch (tls ? tls->code : X509_V_ERR_UNSPECIFIED) {
    case X509_V_OK:
        err_set(e, ERR_TLS, "the certificate of %s is not for %s but for %s", f->peer, f->host,
                tls->names[0] ? tls->names : tls->subject);
        return err_hint(e, "use one of those names, or set tls-server-name in a kubeconfig");
    case X509_V_ERR_CERT_HAS_EXPIRED:
        err_set(e, ERR_TLS, "the certificate of %s expired on %s (%s)", f->peer, tls->not_after,
                tls->subject);
        return err_hint(e, "renew it on the server, and check this machine's clock");
    case X509_V_ERR_CERT_NOT_YET_VALID:
        err_set(e, ERR_TLS, "the certificate of %s is not valid before %s (%s)", f->peer,
                tls->not_before, tls->subject);
        return err_hint(e, "check this machine's clock");
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return fault_untrusted(f, e);
    default:
        return err_set(e, ERR_TLS, "the certificate of %s was refused: %s", f->peer,
                       tls ? X509_verify_cert_error_string(tls->code) : f->detail);
    }
}

/* Whether curl says, in one of OpenSSL's ways or its own, that the other side went away. */
static bool is_end(const char *detail)
{
    return strstr(detail, "SSL_ERROR_SYSCALL") || strstr(detail, "unexpected eof") ||
           strstr(detail, "reset by peer");
}

static int fault_tls(const struct transfer_fault *f, struct err *e)
{
    if (strstr(f->detail, "wrong version number")) {
        err_set(e, ERR_TLS, "%s does not speak TLS on that port", f->peer);
        return err_hint(e, "should the URL (in a kubeconfig: the cluster's server) begin with "
                           "http:// ?");
    }
    if (strstr(f->detail, "alert")) {
        err_set(e, ERR_TLS, "%s refused the TLS handshake: %s", f->peer, f->detail);
        return err_hint(e, "the server may not accept your client certificate: is it the right "
                           "one, and has it expired?");
    }
    if (is_end(f->detail)) { /* what a server without TLS does when it reads a handshake */
        err_set(e, ERR_TLS, "%s closed the connection in the middle of the TLS handshake", f->peer);
        return err_hint(e, "does it speak TLS on that port? If not, the URL (in a kubeconfig: the "
                           "cluster's server) begins with http://");
    }
    return err_set(e, ERR_TLS, "the TLS handshake with %s failed: %s", f->peer, f->detail);
}

static int fault_cut(const struct transfer_fault *f, struct err *e)
{
    if (f->tls && strstr(f->detail, "alert"))
        return fault_tls(f, e);
    if (strstr(f->detail, "CONNECT tunnel failed")) {
        err_set(e, ERR_NETWORK, "the proxy %s lets nothing through to %s: %s",
                f->proxy ? f->proxy : "of the environment (https_proxy)", f->peer, f->detail);
        return err_hint(e, "407: it wants a password; 502 and 504: it cannot reach the server "
                           "itself; else it refuses");
    }
    if (!f->answered && f->tls && f->tls->not_after[0]) {
        /* With TLS 1.3 the handshake is over before the server looks at our certificate, and its
         * alert may be lost with the connection. */
        err_set(e, ERR_NETWORK, "%s closed the connection without an answer", f->peer);
        return err_hint(e, "does the server want a client certificate? Otherwise it or a proxy in "
                           "between went away: try again");
    }
    if (!f->answered && f->plain) {
        err_set(e, ERR_NETWORK, "%s closed the connection without an answer", f->peer);
        return err_hint(e, "does it want TLS (https://)? Otherwise it or a proxy in between went "
                           "away: trying again may help");
    }
    if (!f->answered)
        err_set(e, ERR_NETWORK, "%s closed the connection without an answer", f->peer);
    else
        err_set(e, ERR_NETWORK, "the connection to %s was cut after %zu bytes of the answer",
                f->peer, f->received);
    return err_hint(e, "the server or a proxy in between went away; trying again may help");
}

int transfer_fault_explain(const struct transfer_fault *f, struct err *e)
{
    switch (f->code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
        if (strstr(f->detail, "HTTP/0.9")) { /* bytes came that are no HTTP answer */
            err_set(e, ERR_PROTOCOL, "%s did not answer with HTTP", f->peer);
            return err_hint(e, "is this the right port?");
        }
        /* fall through */
    case CURLE_URL_MALFORMAT:
        return err_set(e, ERR_USAGE, "not an http or https URL: %s", f->detail);
    case CURLE_COULDNT_RESOLVE_HOST:
        err_set(e, ERR_NETWORK, "no address is known for %s: %s", f->peer, f->detail);
        return err_hint(e, "check the name; does it need a VPN or another DNS server?");
    case CURLE_COULDNT_RESOLVE_PROXY:
        return err_set(e, ERR_NETWORK, "no address is known for the proxy %s",
                       f->proxy ? f->proxy : "of the environment (https_proxy)");
    case CURLE_PROXY:
        return err_set(e, ERR_NETWORK, "the proxy %s refused a connection to %s: %s",
                       f->proxy ? f->proxy : "of the environment (https_proxy)", f->peer,
                       f->detail);
    case CURLE_COULDNT_CONNECT:
        return fault_connect(f, e);
    case CURLE_OPERATION_TIMEDOUT:
        return fault_timeout(f, e);
    case CURLE_PEER_FAILED_VERIFICATION:
        return fault_verify(f, e);
    case CURLE_SSL_CONNECT_ERROR:
        return fault_tls(f, e);
    case CURLE_SSL_CERTPROBLEM:
        err_set(e, ERR_TLS, "the client certificate for %s cannot be used: %s", f->peer, f->detail);
        return err_hint(e, "certificate and key must be PEM and belong together");
    case CURLE_SSL_CACERT_BADFILE:
        return err_set(e, ERR_TLS, "the authority's certificate for %s cannot be used: %s", f->peer,
                       f->detail);
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return fault_cut(f, e);
    case CURLE_OUT_OF_MEMORY:
        return err_set(e, ERR_MEMORY, "out of memory in a request to %s", f->peer);
    case CURLE_WEIRD_SERVER_REPLY:
        err_set(e, ERR_PROTOCOL, "%s did not answer with HTTP: %s", f->peer, f->detail);
        return err_hint(e, "is this the right port?");
    default:
        return err_set(e, ERR_PROTOCOL, "the request to %s failed: %s", f->peer,
                       f->detail[0] ? f->detail : curl_easy_strerror(f->code));
    }
}
