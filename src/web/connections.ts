/**
 * At most 64 connections, without letting idle ones lock others out: when one more comes, the oldest connection that
 * has no request under way is closed. Sockets that send nothing, or their headers byte by byte, are such connections,
 * so someone who opens hundreds of them only pushes out their own.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export const MAX_CONNECTIONS = 64;

export class Connections {
  /** In order of arrival; a socket moves to the end when a request of it ends. */
  readonly #idle = new Set<Socket>();
  readonly #busy = new Map<Socket, number>();
  /** Connections closed to make room. */
  pushedOut = 0;

  get count(): number {
    return this.#idle.size + this.#busy.size;
  }

  attach(server: Server): void {
    server.on('connection', (socket) => {
      if (this.count >= MAX_CONNECTIONS) {
        const oldest = this.#idle.values().next().value;
        (oldest ?? socket).destroy();
        this.pushedOut++;
        if (oldest === undefined) return;
        this.#idle.delete(oldest);
      }
      this.#idle.add(socket);
      socket.once('close', () => {
        this.#idle.delete(socket);
        this.#busy.delete(socket);
      });
    });
    server.on('request', (request, response) => {
      const socket = request.socket;
      if (socket.destroyed) return;
      this.#idle.delete(socket);
      this.#busy.set(socket, (this.#busy.get(socket) ?? 0) + 1);
      response.once('close', () => {
        const left = (this.#busy.get(socket) ?? 1) - 1;
        if (left > 0) this.#busy.set(socket, left);
        else if (this.#busy.delete(socket) && !socket.destroyed) this.#idle.add(socket);
      });
    });
  }

  closeAll(): void {
    for (const socket of [...this.#idle, ...this.#busy.keys()]) socket.destroy();
  }
}
