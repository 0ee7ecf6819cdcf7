@0x966a6bbec3269c2e;
# pci.capnp - the bus server: what is on the bus, and one function of it for each driver.
#
# An address is bus << 8 | device << 3 | function. Only the server touches configuration space and
# MSI-X tables.
using Wl = import "wl.capnp";

struct FunctionInfo {
  address @0 :UInt16;
  vendor @1 :UInt16;
  device @2 :UInt16;
  subsystemVendor @3 :UInt16;
  subsystem @4 :UInt16;
  classCode @5 :UInt32; # class << 16 | subclass << 8 | programming interface
  revision @6 :UInt8;
  vectors @7 :UInt16;   # MSI-X messages that it has
  reset @8 :Reset;      # how it can be reset
  bridgeTo @9 :UInt8;   # a bridge: the bus behind it
  pid @10 :UInt32;      # of the driver that has it; 0: nobody
  mastering @11 :Bool;  # it may read and write memory
  bars @12 :List(Bar) $Wl.max(6);
  configBytes @13 :UInt16; # of its configuration space that its driver can read
  labelled @14 :Bool;      # a driver looked what device it is, since this server started,
  label @15 :Text $Wl.max(20); # and said this
  struct Bar {
    index @0 :UInt8;
    kind @1 :Kind;
    base @2 :UInt64;
    bytes @3 :UInt64;
    enum Kind { ports @0; memory32 @1; memory64 @2; }
  }
  enum Reset { none @0; functionLevel @1; virtio @2; power @3; }
}

interface Pci @0xbf1e509ae5264b5d {
  enum Error { noFunction @0; taken @1; noReset @2; notDriver @3; noRoom @4; }

  list @0 (after :UInt32) -> (functions :List(FunctionInfo) $Wl.max(4), more :Bool);
  # Those behind the first `after`, in the order in which they were found.
  open @1 (vendor :UInt16, device :UInt16, number :UInt32, driver :Capability) -> (function :Function)
      $Wl.errors(["noFunction", "taken", "noReset", "notDriver", "noRoom"]);
  # The function of these ids, counted by `number` from 0, reset. `driver`: what `Self.dmaProof` of
  # axiom made. It is the asker's until all capabilities to it are gone; then it is reset again.
}

interface Function @0x8b1c6a1c3f7da19e {
  enum Error { noBar @0; badRange @1; noVector @2; noRoom @3; gone @4; }

  info @0 () -> (function :FunctionInfo) $Wl.errors(["gone"]);
  configRead @1 (offset :UInt16 $Wl.range("0..4095"), bytes :UInt8 $Wl.range("1..4")) -> (value :UInt32) $Wl.errors(["badRange", "gone"]);
  capability @2 (id :UInt8, after :UInt8) -> (offset :UInt8) $Wl.errors(["gone"]);
  # Where the next capability with that id behind offset `after` (0: from the start) is; 0: none.
  window @3 (bar :UInt8 $Wl.range("0..5"), offset :UInt64, pages :UInt32 $Wl.range("1..512")) -> (window :Capability)
      $Wl.errors(["noBar", "badRange", "noRoom", "gone"]);
  # Pages of its registers, for `Self.windowMap` of axiom; none with its MSI-X table.
  vector @4 (number :UInt16, notification :Capability) -> (handler :Capability) $Wl.errors(["noVector", "noRoom", "gone"]);
  # Its message `number` signals `notification` from now on, again after each acknowledgement.
  master @5 (on :Bool) -> () $Wl.errors(["gone"]);
  # On: it may read and write memory. Off: it is reset, and may not.
  label @6 (label :Text $Wl.max(20)) -> () $Wl.errors(["gone"]);
  # What the driver found the device to be: `list` shows it from now on, also to those who come later.
  # So drivers of several devices of the same ids find theirs without looking into each other's.
  leave @7 () -> () $Wl.errors(["gone"]);
  # It is the asker's no more: reset, and anyone's to open, as if its driver had ended.
}
