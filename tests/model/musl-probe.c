/* Asks getaddrinfo what stands on its standard input and prints each question with the answer.
 *
 * A line is HOST, SERVICE, family and flags between tabs: \N is NULL, \xHH a byte. The answer is
 * an error's number or the addresses in their order.
 *
 * musl.tsv was recorded with musl-gcc of musl 1.2.3 on Linux 6.18:
 *
 *     musl-gcc -static -o probe musl-probe.c
 *     unshare -Urnm sh -c '
 *         ip link set lo up
 *         mount --bind hosts /etc/hosts          # the lines marked #hosts: in musl.tsv
 *         mount --bind resolv.conf /etc/resolv.conf   # nameserver 127.0.0.1, attempts:1 timeout:1
 *         ./probe < questions'
 *
 * and again, marked no-address, after writing 1 to /proc/sys/net/ipv6/conf/{all,default,lo}/disable_ipv6.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *unescaped(char *text)
{
	if (!strcmp(text, "\\N")) return NULL;
	char *to = text;
	for (char *from = text; *from;) {
		if (from[0] == '\\' && from[1] == 'x') {
			char hex[3] = {from[2], from[3], 0};
			*to++ = strtol(hex, NULL, 16);
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = 0;
	return text;
}

static void print(const struct addrinfo *found)
{
	char text[INET6_ADDRSTRLEN];
	if (found->ai_family == AF_INET) {
		const struct sockaddr_in *four = (const void *)found->ai_addr;
		inet_ntop(AF_INET, &four->sin_addr, text, sizeof text);
		printf("%s:%d", text, ntohs(four->sin_port));
		return;
	}
	const struct sockaddr_in6 *six = (const void *)found->ai_addr;
	inet_ntop(AF_INET6, &six->sin6_addr, text, sizeof text);
	if (six->sin6_scope_id) printf("[%s%%%u]:%d", text, six->sin6_scope_id, ntohs(six->sin6_port));
	else printf("[%s]:%d", text, ntohs(six->sin6_port));
}

int main(void)
{
	static char line[10000];
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = 0;
		printf("%s\t", line);
		char *host = strtok(line, "\t"), *service = strtok(NULL, "\t");
		struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
		hints.ai_family = atoi(strtok(NULL, "\t"));
		hints.ai_flags = strtoul(strtok(NULL, "\t"), NULL, 0);
		/* An empty text is written \E, because strtok skips empty fields. */
		host = strcmp(host, "\\E") ? unescaped(host) : "";
		service = strcmp(service, "\\E") ? unescaped(service) : "";
		int error = getaddrinfo(host, service, &hints, &found);
		if (error) {
			printf("%d", error);
		} else {
			for (const struct addrinfo *one = found; one; one = one->ai_next) {
				if (one != found) putchar(' ');
				print(one);
			}
			freeaddrinfo(found);
		}
		putchar('\n');
	}
}
