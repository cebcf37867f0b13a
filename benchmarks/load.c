// A load generator: keep-alive connections from one thread over epoll, closed loop or at a fixed rate. Loopback only.
//
//   load PORT CONNECTIONS SECONDS BODY_FILE [REQUESTS_PER_S or 0] [PATH] [HEADER…]
//
// Prints one JSON line: requests per second and latencies in milliseconds; for event streams also the time to the first
// event (ttft), events per second, the gaps between reads, how long time-stamped events were under way (oneway), and how
// much longer than the one before it each of them was (added: the gap that was not there when it was written).
// The first 0.3 s are not counted. `bad` are replies other than 200 or too short, `errors` connections that broke.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { IN_BUFFER = 512 * 1024, EVENTS_OF_A_STREAM = 52 };

typedef struct {
    int fd, busy, events;
    char *in;
    size_t used, sent, scanned;
    double started, scheduled, last_event, under_way;
} Connection;

typedef struct {
    double *values;
    size_t count, room;
} Sample;

static char *request;
static size_t request_length;
static int port, poller, connection_count, streaming;
static Connection *connections;
static Sample latency, ttft, oneway, gap, added;
static long errors, bad, reconnects, events_seen;
static double count_from;

static double monotonic_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

static void add(Sample *sample, double value) {
    if (sample->count == sample->room) {
        sample->room = sample->room ? sample->room * 2 : 4096;
        sample->values = realloc(sample->values, sample->room * sizeof(double));
    }
    sample->values[sample->count++] = value;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void print_sample(const char *name, Sample *sample) {
    if (!sample->count) return;
    qsort(sample->values, sample->count, sizeof(double), ascending);
    double quantiles[] = {.5, .9, .99, .999, 1};
    const char *names[] = {"p50", "p90", "p99", "p999", "max"};
    printf(", \"%s\": {\"n\": %zu", name, sample->count);
    for (int i = 0; i < 5; i++)
        printf(", \"%s\": %.4f", names[i], sample->values[(size_t)((sample->count - 1) * quantiles[i])] * 1e3);
    printf("}");
}

static void watch(Connection *connection, int operation, unsigned events) {
    struct epoll_event event = {.events = events, .data.ptr = connection};
    epoll_ctl(poller, operation, connection->fd, &event);
}

static void open_connection(Connection *connection) {
    int one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection->fd, (void *)&address, sizeof address)) { perror("connect"); exit(2); }
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(connection->fd, F_SETFL, O_NONBLOCK);
    watch(connection, EPOLL_CTL_ADD, EPOLLIN);
    connection->used = 0;
    connection->busy = 0;
}

static void reopen(Connection *connection) {
    close(connection->fd);
    reconnects++;
    open_connection(connection);
}

static void send_rest(Connection *connection) {
    while (connection->sent < request_length) {
        ssize_t written = write(connection->fd, request + connection->sent, request_length - connection->sent);
        if (written < 0) {
            if (errno == EAGAIN) watch(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return;
        }
        connection->sent += written;
    }
}

static void start_request(Connection *connection, double at) {
    connection->used = connection->sent = connection->scanned = 0;
    connection->events = 0;
    connection->busy = 1;
    connection->started = at;
    connection->last_event = connection->under_way = 0;
    send_rest(connection);
}

// Count the events that are whole by now.
static void read_events(Connection *connection, size_t head, double now) {
    char *at = connection->in + (connection->scanned < head ? head : connection->scanned);
    char *end = connection->in + connection->used, *stop;
    int counted = now >= count_from, fresh = 0;
    while ((at = memmem(at, end - at, "data: ", 6)) && (stop = memmem(at, end - at, "\n\n", 2))) {
        if (!connection->events++ && counted) add(&ttft, now - connection->started);
        events_seen += counted;
        fresh = 1;
        char *stamp = memmem(at, stop - at, "\"ts", 3);
        long long sent_ns = stamp ? strtoll(stamp + 3, NULL, 10) : 0;
        if (counted && sent_ns > 0) {
            double before = connection->under_way, under_way = connection->under_way = monotonic_s() - sent_ns * 1e-9;
            add(&oneway, under_way);
            if (before > 0) add(&added, under_way > before ? under_way - before : 0);
        }
        at = stop + 2;
        connection->scanned = at - connection->in;
    }
    if (fresh && counted && connection->last_event > 0) add(&gap, now - connection->last_event);
    if (fresh) connection->last_event = now;
}

static int ends_with_last_chunk(Connection *connection, size_t head) {
    return connection->used >= head + 5 && !memcmp(connection->in + connection->used - 5, "0\r\n\r\n", 5);
}

static int is_whole(Connection *connection, size_t head, double now) {
    if (streaming) read_events(connection, head, now);
    connection->in[head - 4] = 0;
    char *length = strcasestr(connection->in, "content-length:");
    connection->in[head - 4] = '\r';
    return length ? connection->used >= head + strtoul(length + 15, NULL, 10) : ends_with_last_chunk(connection, head);
}

static void finish_request(Connection *connection, size_t head, double now) {
    int short_stream = streaming && connection->events < EVENTS_OF_A_STREAM;
    if (memcmp(connection->in + 9, "200", 3) || short_stream) {
        if (!bad++) fprintf(stderr, "bad reply: %.300s\n", connection->in);
    } else if (now >= count_from) {
        add(&latency, now - connection->started);
    }
    connection->busy = 0;
    if (memmem(connection->in, head, "onnection: close", 16)) reopen(connection);
}

static void on_event(Connection *connection, unsigned events, int closed_loop) {
    if (events & EPOLLOUT) {
        watch(connection, EPOLL_CTL_MOD, EPOLLIN);
        send_rest(connection);
    }
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
    ssize_t got = read(connection->fd, connection->in + connection->used, IN_BUFFER - connection->used);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0 || connection->used + got == IN_BUFFER) {
        int busy = connection->busy;
        errors += busy;
        reopen(connection);
        if (busy || closed_loop) start_request(connection, monotonic_s());
        return;
    }
    double now = monotonic_s();
    if (!connection->busy) { connection->used = 0; return; }
    connection->used += got;
    connection->in[connection->used] = 0;
    char *end = memmem(connection->in, connection->used, "\r\n\r\n", 4);
    if (!end || !is_whole(connection, end + 4 - connection->in, now)) return;
    finish_request(connection, end + 4 - connection->in, now);
    if (closed_loop) start_request(connection, monotonic_s());
}

// Start what is due at a fixed rate; returns the time of the next start.
static double start_due(double now, double rate, double end) {
    double next = end;
    for (int i = 0; i < connection_count; i++) {
        Connection *connection = &connections[i];
        if (connection->busy) continue;
        if (connection->scheduled <= now) {
            start_request(connection, connection->scheduled);
            connection->scheduled += connection_count / rate;
        } else if (connection->scheduled < next) {
            next = connection->scheduled;
        }
    }
    return next;
}

static void prepare_request(const char *body_file, const char *path, int header_count, char **headers) {
    FILE *file = fopen(body_file, "rb");
    if (!file) { perror(body_file); exit(2); }
    char *body = malloc(4 << 20);
    size_t length = fread(body, 1, 4 << 20, file);
    fclose(file);
    request = malloc(length + 8192);
    int head = sprintf(request, "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\nAuthorization: Bearer sk-1234\r\nAccept: */*\r\n", path, port);
    for (int i = 0; i < header_count; i++) head += sprintf(request + head, "%s\r\n", headers[i]);
    head += sprintf(request + head, "Content-Length: %zu\r\n\r\n", length);
    memcpy(request + head, body, length);
    request_length = head + length;
    streaming = memmem(body, length, "\"stream\":true", 13) != NULL;
    free(body);
}

int main(int count, char **arguments) {
    if (count < 5) { fprintf(stderr, "usage: load PORT CONNECTIONS SECONDS BODY_FILE [RATE] [PATH] [HEADER...]\n"); return 2; }
    port = atoi(arguments[1]);
    connection_count = atoi(arguments[2]);
    double seconds = atof(arguments[3]), rate = count > 5 ? atof(arguments[5]) : 0;
    prepare_request(arguments[4], count > 6 ? arguments[6] : "/v1/chat/completions", count > 7 ? count - 7 : 0, arguments + 7);
    poller = epoll_create1(0);
    connections = calloc(connection_count, sizeof(Connection));
    double begin = monotonic_s(), end;
    count_from = begin + 0.3;
    end = count_from + seconds;
    for (int i = 0; i < connection_count; i++) {
        connections[i].in = malloc(IN_BUFFER + 1);
        open_connection(&connections[i]);
        if (rate > 0) connections[i].scheduled = begin + i / rate;
        else start_request(&connections[i], monotonic_s());
    }
    struct epoll_event events[512];
    for (double now; (now = monotonic_s()) < end;) {
        double wait_s = rate > 0 ? start_due(now, rate, end) - monotonic_s() : 0.1;
        if (wait_s < 0) wait_s = 0;
        if (wait_s > 0.1) wait_s = 0.1;
        struct timespec wait = {0, (long)(wait_s * 1e9)};
        int ready = epoll_pwait2(poller, events, 512, &wait, NULL);
        for (int i = 0; i < ready; i++) on_event(events[i].data.ptr, events[i].events, rate <= 0);
    }
    double counted = monotonic_s() - count_from;
    printf("{\"connections\": %d, \"rps\": %.1f, \"bad\": %ld, \"errors\": %ld, \"reconnects\": %ld", connection_count, latency.count / counted, bad, errors, reconnects);
    if (streaming) printf(", \"events_s\": %.0f", events_seen / counted);
    print_sample("latency", &latency);
    print_sample("ttft", &ttft);
    print_sample("oneway", &oneway);
    print_sample("gap", &gap);
    print_sample("added", &added);
    printf("}\n");
}
