@0xd5a1c7e0b3f84921;
# sample.capnp - every kind of value that an interface can have, for the tests.
using Wl = import "/idl/wl.capnp";

struct Inner {
  a @0 :UInt8;
  b @1 :Int16;
  colour @2 :Colour;
  enum Colour { red @0; green @1; deepBlue @2; }
}

struct Item {
  id @0 :UInt32;
  name @1 :Text $Wl.max(20);
  inner @2 :Inner;
  tags @3 :List(UInt8) $Wl.max(3);
}

interface Sample @0xe3f6a9d2c5b80417 {
  enum Error { first @0; secondOne @1; }

  nothing @0 () -> ();
  scalars @1 (a :UInt8, b :UInt16, c :UInt32, d :UInt64, e :Bool, f :Inner.Colour)
      -> (a :Int8, b :Int16, c :Int32, d :Int64, e :Bool, f :Inner.Colour);
  ranges @2 (low :UInt32 $Wl.range("3..10"), around :Int32 $Wl.range("-5..5"),
             whole :Int64 $Wl.range("-9223372036854775808..-1")) -> () $Wl.errors(["first", "secondOne"]);
  wide @3 (a :UInt64, b :UInt64, c :UInt64, d :UInt64, e :UInt64, f :UInt64, g :UInt64, h :UInt64,
           i :UInt64, j :Int8) -> (a :UInt64, b :UInt64, c :UInt64, d :UInt64, e :UInt64, f :UInt64,
           g :UInt64, h :UInt64, i :UInt64, j :Int8);
  bytes @4 (head :UInt64, text :Text $Wl.max(100), data :Data $Wl.max(200), tail :Bool)
      -> (text :Text $Wl.max(100), tail :UInt16, data :Data $Wl.max(200));
  lists @5 (numbers :List(UInt16) $Wl.max(40), items :List(Item) $Wl.max(4), inner :Inner)
      -> (items :List(Item) $Wl.max(4), numbers :List(UInt64) $Wl.max(40), item :Item);
  caps @6 (first :Capability, number :UInt32, second :Sample, third :Capability $Wl.optional,
           fourth :Sample $Wl.optional) -> (one :Sample, two :Capability $Wl.optional, text :Text $Wl.max(9))
      $Wl.needs("grant") $Wl.volatile;
  fill @7 (data :Data $Wl.max(4088)) -> (data :Data $Wl.max(4088));
  # Exactly the longest message.
  register @8 (signed :Int32) -> (default :Bool);
  # Names that are words of C.
  one @9 (cap :Capability) -> ();
}

interface Bare @0xf0c2d4e6a8b91357 {
}
