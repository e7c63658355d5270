/* An SMTP server that accepts and forgets everything, in one epoll loop: fast enough not to be what is measured.
 *
 * Prints its port, serves on 127.0.0.1 until SIGTERM, then prints messages, bytes and its own CPU seconds.
 * Offers PIPELINING, so that replies to commands that came together leave together. Knows MAIL, RCPT, DATA, RSET,
 * NOOP, HELO, EHLO and QUIT; anything else gets 500. RFC 5321 for the dialogue, RFC 2920 for pipelining.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM 131072
#define REPLIES 16384
#define EVENTS 64

struct client {
    int fd;
    int in_body;   /* after 354, until the line with the single dot */
    int at_start;  /* the next byte is the first of the body: ".\r\n" ends an empty one */
    size_t held;   /* bytes in room that are not yet understood */
    size_t said;   /* bytes in replies that are not yet written */
    char room[ROOM];
    char replies[REPLIES];
};

static volatile sig_atomic_t ended;
static unsigned long messages, octets;

static void end(int number) { (void)number; ended = 1; }

static void reply(struct client *c, const char *text) {
    size_t length = strlen(text);
    if (c->said + length <= REPLIES) {
        memcpy(c->replies + c->said, text, length);
        c->said += length;
    }
}

static int flush(struct client *c) {
    size_t done = 0;
    while (done < c->said) {
        ssize_t n = write(c->fd, c->replies + done, c->said - done);
        if (n > 0) done += (size_t)n;
        else if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        else return -1;
    }
    c->said = 0;
    return 0;
}

/* Returns -1 when the client says goodbye. */
static int command(struct client *c, const char *line, size_t length) {
    if (length >= 4 && !strncasecmp(line, "MAIL", 4)) reply(c, "250 ok\r\n");
    else if (length >= 4 && !strncasecmp(line, "RCPT", 4)) reply(c, "250 ok\r\n");
    else if (length >= 4 && !strncasecmp(line, "DATA", 4)) {
        reply(c, "354 go on\r\n");
        c->in_body = c->at_start = 1;
    }
    else if (length >= 4 && !strncasecmp(line, "EHLO", 4)) reply(c, "250-discard\r\n250-PIPELINING\r\n250 8BITMIME\r\n");
    else if (length >= 4 && !strncasecmp(line, "HELO", 4)) reply(c, "250 discard\r\n");
    else if (length >= 4 && !strncasecmp(line, "RSET", 4)) reply(c, "250 ok\r\n");
    else if (length >= 4 && !strncasecmp(line, "NOOP", 4)) reply(c, "250 ok\r\n");
    else if (length >= 4 && !strncasecmp(line, "QUIT", 4)) {
        reply(c, "221 bye\r\n");
        return -1;
    }
    else reply(c, "500 unknown\r\n");
    return 0;
}

/* Takes what is complete out of the room; returns how many bytes it used, or -1 for goodbye. */
static long understand(struct client *c) {
    size_t at = 0;
    while (at < c->held) {
        char *from = c->room + at;
        size_t left = c->held - at;
        if (c->in_body) {
            char *dot;
            size_t whole;
            if (c->at_start && left < 3) break;
            if (c->at_start && !memcmp(from, ".\r\n", 3)) whole = 3;
            else if ((dot = memmem(from, left, "\r\n.\r\n", 5)) != NULL) whole = (size_t)(dot - from) + 5;
            else {
                size_t kept = left < 4 ? left : 4; /* the end may be cut anywhere */
                octets += left - kept;
                at += left - kept;
                c->at_start = 0;
                break;
            }
            octets += whole;
            at += whole;
            messages++;
            c->in_body = 0;
            reply(c, "250 taken\r\n");
        } else {
            char *newline = memchr(from, '\n', left);
            if (newline == NULL) break;
            if (command(c, from, (size_t)(newline - from)) < 0) return -1;
            at += (size_t)(newline - from) + 1;
        }
    }
    return (long)at;
}

static void drop(struct client *c) {
    close(c->fd);
    free(c);
}

static void serve(struct client *c) {
    ssize_t n = read(c->fd, c->room + c->held, ROOM - c->held);
    long used;
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        drop(c);
        return;
    }
    c->held += (size_t)n;
    used = understand(c);
    if (flush(c) < 0 || used < 0 || (used == 0 && c->held == ROOM)) {
        drop(c);
        return;
    }
    memmove(c->room, c->room + used, c->held - (size_t)used);
    c->held -= (size_t)used;
}

static void welcome(int listening, int poll) {
    int on = 1;
    int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN};
    struct client *c;
    if (fd < 0) return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    c = malloc(sizeof *c);
    if (c == NULL) {
        close(fd);
        return;
    }
    c->fd = fd;
    c->in_body = c->at_start = 0;
    c->held = c->said = 0;
    event.data.ptr = c;
    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
    reply(c, "220 discard ESMTP\r\n");
    flush(c);
}

int main(void) {
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poll = epoll_create1(0), i, n;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[EVENTS];
    struct sigaction action = {.sa_handler = end};
    struct rusage used;

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (bind(listening, (struct sockaddr *)&address, sizeof address) < 0 || listen(listening, 128) < 0) {
        perror("discard");
        return 1;
    }
    getsockname(listening, (struct sockaddr *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    epoll_ctl(poll, EPOLL_CTL_ADD, listening, &event);
    while (!ended) {
        n = epoll_wait(poll, events, EVENTS, -1);
        for (i = 0; i < n; i++) {
            if (events[i].data.ptr == NULL) welcome(listening, poll);
            else serve(events[i].data.ptr);
        }
    }
    getrusage(RUSAGE_SELF, &used);
    printf("%lu %lu %ld.%06ld\n", messages, octets,
           (long)(used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000000),
           (long)((used.ru_utime.tv_usec + used.ru_stime.tv_usec) % 1000000));
    return 0;
}
