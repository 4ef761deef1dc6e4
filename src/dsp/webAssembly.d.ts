// The part of the WebAssembly interface used here: Node has it, neither its types nor ES2023 declare it.
declare namespace WebAssembly {
  interface Module {
    readonly [Symbol.toStringTag]?: string;
  }
  const Module: { new (bytes: Uint8Array<ArrayBuffer>): Module };
  interface Memory {
    readonly buffer: ArrayBuffer;
  }
  interface Instance {
    readonly exports: Record<string, unknown>;
  }
  const Instance: { new (module: Module, imports?: object): Instance };
}
