using System.Runtime.CompilerServices;

namespace Fovea.Detection;

/// <summary>Between a class enum and its channel number, without boxing: a member's value is its channel.</summary>
internal static class EnumChannel<TClass>
    where TClass : struct, Enum
{
    public static TClass FromChannel(int channel) => Unsafe.SizeOf<TClass>() switch
    {
        1 => Unsafe.BitCast<byte, TClass>((byte)channel),
        2 => Unsafe.BitCast<short, TClass>((short)channel),
        4 => Unsafe.BitCast<int, TClass>(channel),
        _ => Unsafe.BitCast<long, TClass>(channel),
    };

    public static int ToChannel(TClass value) => Unsafe.SizeOf<TClass>() switch
    {
        1 => Unsafe.BitCast<TClass, byte>(value),
        2 => Unsafe.BitCast<TClass, short>(value),
        4 => Unsafe.BitCast<TClass, int>(value),
        _ => checked((int)Unsafe.BitCast<TClass, long>(value)),
    };
}
