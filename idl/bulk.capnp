@0x9d1f0b7c5a3e2846;
# bulk.capnp - rings in shared memory with one client: what travels in them is the business of the
# interface that handed this out. See libsys/README.md.
using Wl = import "wl.capnp";

interface Bulk @0xc5ee2333e0562630 {
  enum Error { badSize @0; attached @1; noRoom @2; }

  attach @0 (entries :UInt32, dataPages :UInt32, wake :Capability) -> (memory :Capability, signal :Capability)
      $Wl.errors(["badSize", "attached", "noRoom"]);
  # Rings of so many entries (a power of two from 16 to 4096) and a data area, 512 pages in all at
  # most, on the server's account. `wake` is signalled when something is completed and the client
  # sleeps; `signal` is what the client signals. Once: the rings go when the last capability to this
  # object has gone.
}
