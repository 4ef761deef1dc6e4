// In place of the io worker: it waits for ever, as one does that the kernel holds in a bus that hangs.
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
