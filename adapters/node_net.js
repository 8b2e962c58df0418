// Node's net.Server. It accepts from the start, as it does by default.

"use strict";

const { spawnSync } = require("node:child_process");
const net = require("node:net");
const { createInterface } = require("node:readline");
const { getSystemErrorName } = require("node:util");

class NotSupported extends Error {}

const servers = new Map();
let handles = 0;

// Older ones ignore the key without a word.
function knowsReusePort() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
}

function bindSockets({ port = 0, address, ...keys }) {
  const options = { port };
  if (address !== undefined) options.host = address;
  if ("backlog" in keys) options.backlog = keys.backlog;
  if ("reuse_port" in keys) options.reusePort = keys.reuse_port;
  const server = net.createServer((connection) => {
    connection.on("error", () => {});
    connection.pipe(connection);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options, () => {
      const handle = `h${++handles}`;
      servers.set(handle, server);
      resolve({ handle, sockets: [nameOf(server)] });
    });
  });
}

// Nulls where the system does not tell: no failure of the library.
function nameOf(server) {
  try {
    const { address, port } = server.address();
    return { address, port };
  } catch {
    return { address: null, port: null };
  }
}

function answer({ handle }) {
  return servers.get(handle).listening;
}

// The callback of close() waits for connections, too; the listening socket is closed before it returns.
function close({ handle }) {
  servers.get(handle).close();
  servers.delete(handle);
  return new Promise((resolve) => setImmediate(resolve, true));
}

function spawn({ command: [program, ...rest] }) {
  const { error, stdout } = spawnSync(program, rest, { stdio: ["ignore", "pipe", "inherit"] });
  if (error) throw error;
  return { output: stdout.toString() };
}

function hello({ format }) {
  if (format !== 1) throw new NotSupported("format");
  return {
    name: "node net",
    version: process.versions.node,
    runtime: `Node ${process.versions.node}, libuv ${process.versions.uv}`,
    format: 1,
    calls: Object.keys(CALLS),
    options: CALLS.bind_sockets[1],
  };
}

// Each with the keys that it knows.
const CALLS = {
  hello: [hello, ["format"]],
  bind_sockets: [bindSockets, ["port", "address", "backlog"]],
  answer: [answer, ["handle"]],
  close: [close, ["handle"]],
  spawn: [spawn, ["command"]],
};
if (knowsReusePort()) CALLS.bind_sockets[1].push("reuse_port");

function call(name, keys) {
  if (!Object.hasOwn(CALLS, name)) throw new NotSupported(name);
  const [made, known] = CALLS[name];
  const unknown = Object.keys(keys).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new NotSupported(unknown);
  return made(keys);
}

function errorReply(error) {
  return {
    // The code alone would call several errors of the resolver ENOTFOUND.
    name: error.errno < 0 ? getSystemErrorName(error.errno) : null,
    code: error.errno ?? null,
    call: error.syscall ?? null,
    message: String(error),
  };
}

async function main() {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const { id, call: name, ...keys } = JSON.parse(line);
    let reply;
    try {
      reply = { id, ok: await call(name, keys) };
    } catch (error) {
      reply =
        error instanceof NotSupported
          ? { id, not_supported: error.message }
          : { id, error: errorReply(error) };
    }
    process.stdout.write(JSON.stringify(reply) + "\n");
  }
  process.exit(0);
}

main();
