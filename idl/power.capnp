@0xc2afd422d0a3992e;
# power.capnp - the machine's switch.

interface Power @0xc6b4a5b943534270 {
  off @0 (code :UInt8) -> ();
  # Powers off; an emulator that asks gets `code`. No answer comes where it works.
  reboot @1 () -> ();
}
