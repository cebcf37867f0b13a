// A fast pretend provider: one thread, epoll, HTTP/1.1 keep-alive, OpenAI's dialect. Loopback only.
//
//   upstream PORT [PACE_MS]
//
// A request with "stream":true gets 50 content chunks, a finish chunk with usage and [DONE]: at once, or PACE_MS (10)
// apart when its model's name contains "paced". Each paced chunk carries the monotonic time of its writing as
// "ts<20 digits>" in system_fingerprint, so that a reader on the same machine can tell how long it was under way.
// Any other request gets about 1 KB of JSON.
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

enum { MAX_FD = 16384, IN_BUFFER = 512 * 1024, CONTENT_CHUNKS = 50, FRAMES = CONTENT_CHUNKS + 2 };

typedef struct {
    char *in;
    size_t used;
    int frames_left;
    double due;
} Client;

static Client clients[MAX_FD];
static char whole[4096], stream_head[256], frames[FRAMES][1600], burst[65536];
static size_t whole_length, stream_head_length, frame_length[FRAMES], burst_length;
static double pace_s = 0.010;
static int poller, highest_fd;

static long long monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static double monotonic_s(void) { return monotonic_ns() * 1e-9; }

static size_t as_http_chunk(char *out, const char *body) {
    return sprintf(out, "%zx\r\n%s\r\n", strlen(body), body);
}

static void prepare_replies(void) {
    char text[701], body[1400];
    for (int i = 0; i < 700; i++) text[i] = i % 8 == 7 ? ' ' : 'x';
    text[700] = 0;
    int length = sprintf(body,
        "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"pretend\",\"choices\":[{\"index\":0,"
        "\"message\":{\"role\":\"assistant\",\"content\":\"%s\"},\"finish_reason\":\"stop\"}],"
        "\"usage\":{\"prompt_tokens\":120,\"completion_tokens\":88,\"total_tokens\":208}}", text);
    whole_length = sprintf(whole,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", length, body);
    stream_head_length = sprintf(stream_head,
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n");
    const char *head = "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"pretend\",";
    for (int i = 0; i < CONTENT_CHUNKS; i++) {
        sprintf(body, "%s\"system_fingerprint\":\"ts%020d\",\"choices\":[{\"index\":0,\"delta\":{%s\"content\":\"tok%02d \"},\"finish_reason\":null}]}\n\n",
            head, 0, i ? "" : "\"role\":\"assistant\",", i);
        frame_length[i] = as_http_chunk(frames[i], body);
    }
    sprintf(body, "%s\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],"
        "\"usage\":{\"prompt_tokens\":120,\"completion_tokens\":50,\"total_tokens\":170}}\n\n", head);
    frame_length[CONTENT_CHUNKS] = as_http_chunk(frames[CONTENT_CHUNKS], body);
    char *last = frames[CONTENT_CHUNKS + 1];
    frame_length[CONTENT_CHUNKS + 1] = as_http_chunk(last, "data: [DONE]\n\n");
    strcpy(last + frame_length[CONTENT_CHUNKS + 1], "0\r\n\r\n");
    frame_length[CONTENT_CHUNKS + 1] += 5;
    memcpy(burst, stream_head, burst_length = stream_head_length);
    for (int i = 0; i < FRAMES; i++) {
        memcpy(burst + burst_length, frames[i], frame_length[i]);
        burst_length += frame_length[i];
    }
}

static void hang_up(int fd) {
    close(fd);
    clients[fd].used = 0;
    clients[fd].frames_left = 0;
}

static int write_all(int fd, const char *data, size_t length) {
    while (length) {
        ssize_t written = write(fd, data, length);
        if (written < 0 && errno == EAGAIN) { usleep(50); continue; }
        if (written < 0) { hang_up(fd); return -1; }
        data += written;
        length -= written;
    }
    return 0;
}

static int wants_stream(const char *body, size_t length) {
    const char *found = memmem(body, length, "\"stream\"", 8);
    if (!found) return 0;
    for (found += 8; found < body + length && (*found == ' ' || *found == ':');) found++;
    return found < body + length && *found == 't';
}

static void respond(int fd, const char *body, size_t length) {
    if (!wants_stream(body, length)) { write_all(fd, whole, whole_length); return; }
    if (!memmem(body, length, "paced", 5)) { write_all(fd, burst, burst_length); return; }
    if (write_all(fd, stream_head, stream_head_length) == 0) {
        clients[fd].frames_left = FRAMES;
        clients[fd].due = monotonic_s() + pace_s;
    }
}

// The length of the first whole request in the buffer, 0 when it is not all there; *body and *body_length are set.
static size_t whole_request(Client *client, int fd, char **body, size_t *body_length) {
    client->in[client->used] = 0;
    char *end = memmem(client->in, client->used, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = end + 4 - client->in;
    *end = 0;
    char *length = strcasestr(client->in, "content-length:");
    int chunked = !length && strcasestr(client->in, "transfer-encoding:");
    int expects = strcasestr(client->in, "expect: 100") != NULL;
    *body_length = length ? strtoul(length + 15, NULL, 10) : 0;
    *end = '\r';
    *body = client->in + head;
    if (chunked) {
        char *last = memmem(*body, client->used - head, "0\r\n\r\n", 5);
        if (!last) return 0;
        *body_length = last + 5 - *body;
    } else if (expects && client->used < head + *body_length) {
        write_all(fd, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    }
    return client->used >= head + *body_length ? head + *body_length : 0;
}

static void on_readable(int fd) {
    Client *client = &clients[fd];
    if (!client->in) client->in = malloc(IN_BUFFER + 1);
    while (client->used < IN_BUFFER) {
        ssize_t got = read(fd, client->in + client->used, IN_BUFFER - client->used);
        if (got < 0 && errno == EAGAIN) break;
        if (got <= 0) { hang_up(fd); return; }
        client->used += got;
    }
    char *body;
    size_t body_length, taken;
    while (client->used && (taken = whole_request(client, fd, &body, &body_length))) {
        respond(fd, body, body_length);
        if (client->used < taken) return;  // hung up meanwhile
        memmove(client->in, client->in + taken, client->used - taken);
        client->used -= taken;
    }
}

static void accept_all(int listener) {
    int one = 1, fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fd >= MAX_FD) { close(fd); continue; }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        clients[fd].used = 0;
        clients[fd].frames_left = 0;
        if (fd > highest_fd) highest_fd = fd;
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    }
}

static void send_due_frame(int fd) {
    Client *client = &clients[fd];
    int index = FRAMES - client->frames_left;
    if (index < CONTENT_CHUNKS) {
        char stamp[32];
        sprintf(stamp, "%020lld", monotonic_ns());
        memcpy((char *)memmem(frames[index], frame_length[index], "\"ts", 3) + 3, stamp, 20);
    }
    if (write_all(fd, frames[index], frame_length[index]) < 0) return;
    client->frames_left--;
    client->due += index < CONTENT_CHUNKS ? pace_s : 0;
}

int main(int count, char **arguments) {
    if (count < 2) { fprintf(stderr, "usage: upstream PORT [PACE_MS]\n"); return 2; }
    if (count > 2) pace_s = atof(arguments[2]) / 1000;
    prepare_replies();
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 4096)) { perror("bind"); return 1; }
    poller = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[512];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        double next = 1e18;
        for (int fd = 0; fd <= highest_fd; fd++)
            if (clients[fd].frames_left > 0 && clients[fd].due < next) next = clients[fd].due;
        double wait_s = next > 1e17 ? -1 : next - monotonic_s();
        struct timespec wait = {0, wait_s > 0 ? (long)(wait_s * 1e9) : 0};
        int ready = epoll_pwait2(poller, events, 512, next > 1e17 ? NULL : &wait, NULL);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listener) accept_all(listener);
            else on_readable(events[i].data.fd);
        }
        double now = monotonic_s();
        for (int fd = 0; fd <= highest_fd; fd++)
            if (clients[fd].frames_left > 0 && clients[fd].due <= now) send_due_frame(fd);
    }
}
