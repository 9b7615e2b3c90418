/*
 * Methods, status texts, and the few field helpers everybody shares. Tests: http_test.c
 */
#include "net/http.h"

#include "net/http_set.h"

static const char *const method_names[] = { "GET",   "HEAD",   "POST",    "PUT",
                                            "PATCH", "DELETE", "OPTIONS", "" };

const char *http_method_name(enum http_method m)
{
    return (size_t)m < ZS_COUNT(method_names) ? method_names[m] : "";
}

enum http_method http_method_of(struct str text)
{
    for (size_t i = 0; i < HTTP_OTHER; i++)
        if (str_eqz(text, method_names[i]))
            return (enum http_method)i;
    return HTTP_OTHER;
}

/* RFC 9110 15 and the IANA registry; ascending. */
static const struct {
    unsigned status;
    const char *text;
} statuses[] = {
    { 100, "Continue" },
    { 101, "Switching Protocols" },
    { 102, "Processing" },
    { 103, "Early Hints" },
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 203, "Non-Authoritative Information" },
    { 204, "No Content" },
    { 205, "Reset Content" },
    { 206, "Partial Content" },
    { 207, "Multi-Status" },
    { 208, "Already Reported" },
    { 226, "IM Used" },
    { 300, "Multiple Choices" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 305, "Use Proxy" },
    { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 402, "Payment Required" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 407, "Proxy Authentication Required" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 411, "Length Required" },
    { 412, "Precondition Failed" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" },
    { 416, "Range Not Satisfiable" },
    { 417, "Expectation Failed" },
    { 421, "Misdirected Request" },
    { 422, "Unprocessable Content" },
    { 423, "Locked" },
    { 424, "Failed Dependency" },
    { 425, "Too Early" },
    { 426, "Upgrade Required" },
    { 428, "Precondition Required" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 451, "Unavailable For Legal Reasons" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
    { 506, "Variant Also Negotiates" },
    { 507, "Insufficient Storage" },
    { 508, "Loop Detected" },
    { 511, "Network Authentication Required" },
};

static const char *const status_classes[] = { "Unknown",     "Informational", "Success",
                                              "Redirection", "Client Error",  "Server Error" };

const char *http_status_text(unsigned status)
{
    size_t low = 0;
    size_t high = ZS_COUNT(statuses);
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (statuses[mid].status == status)
            return statuses[mid].text;
        if (statuses[mid].status < status)
            low = mid + 1;
        else
            high = mid;
    }
    return status_classes[status / 100 < ZS_COUNT(status_classes) ? status / 100 : 0];
}

struct str http_field_get(const struct http_field *fields, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_ieq(fields[i].name, name))
            return fields[i].value;
    return STR_NULL;
}

bool http_is_token(struct str s)
{
    return s.n > 0 && http_set_span(HTTP_SET_TOKEN, s) == s.n;
}

bool http_is_field_value(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (http_is_control((unsigned char)s.p[i]))
            return false;
    return true;
}

struct str http_media_type(struct str content_type)
{
    return str_trim(str_sub(content_type, 0, str_chr(content_type, ';', 0)));
}
