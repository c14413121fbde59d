using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Imaging;

/// <summary>Colour change, normalisation and channel order in one affine map: out = R·r + G·g + B·b + Offset, lanes 0 … 2 in the network's
/// channel order.</summary>
internal readonly record struct PixelAffine(
    Vector128<float> R, Vector128<float> G, Vector128<float> B, Vector128<float> Scale, Vector128<float> Offset, bool IsDiagonal)
{
    /// <param name="pixels">The network's normalisation.</param>
    /// <param name="color">Applied first.</param>
    /// <param name="white">The value of full intensity in the source.</param>
    public static PixelAffine Create(PixelNormalization pixels, in ColorTransform color, float white)
    {
        Span<float> r = stackalloc float[4], g = stackalloc float[4], b = stackalloc float[4];
        Span<float> scale = stackalloc float[4], offset = stackalloc float[4];
        for (var c = 0; c < 3; c++)
        {
            var source = pixels.Bgr ? 2 - c : c;
            var row = color.Row(source);
            var factor = (double)pixels.Scale / pixels.Std[c];
            r[c] = (float)(row.R * factor / white);
            g[c] = (float)(row.G * factor / white);
            b[c] = (float)(row.B * factor / white);
            scale[c] = (float)(factor / white);
            offset[c] = (float)((row.Offset * factor) - ((double)pixels.Mean[c] / pixels.Std[c]));
        }

        return new PixelAffine(
            Vector128.Create<float>(r), Vector128.Create<float>(g), Vector128.Create<float>(b),
            Vector128.Create<float>(scale), Vector128.Create<float>(offset),
            color.IsIdentity && !pixels.Bgr);
    }

    /// <summary>The same map of pixels whose first value is blue.</summary>
    public PixelAffine OfBgr() => this with { R = B, B = R, IsDiagonal = false };
}

/// <summary>Loads a pixel's red, green and blue as floats; the fourth lane is arbitrary.</summary>
internal interface IPixelLoader<T>
{
    /// <summary>Values of a pixel in memory.</summary>
    static abstract int Step { get; }

    static abstract Vector128<float> Load(ref T pixel);

    /// <summary>For a pixel with nothing behind it.</summary>
    static abstract Vector128<float> LoadLast(ref T pixel);
}

/// <summary>Bytes of red, green, blue.</summary>
internal readonly struct ByteLoader : IPixelLoader<byte>
{
    public static int Step => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(ref byte pixel)
    {
        var bytes = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<uint>(ref pixel)).AsByte();
        return Vector128.ConvertToSingle(Vector128.WidenLower(Vector128.WidenLower(bytes)).AsInt32());
    }

    public static Vector128<float> LoadLast(ref byte pixel) =>
        Vector128.Create(pixel, Unsafe.Add(ref pixel, 1), Unsafe.Add(ref pixel, 2), 0f);
}

/// <summary>Bytes of blue, green, red.</summary>
internal readonly struct BgrLoader : IPixelLoader<byte>
{
    public static int Step => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(ref byte pixel) => Vector128.Shuffle(ByteLoader.Load(ref pixel), Vector128.Create(2, 1, 0, 3));

    public static Vector128<float> LoadLast(ref byte pixel) =>
        Vector128.Create(Unsafe.Add(ref pixel, 2), Unsafe.Add(ref pixel, 1), pixel, 0f);
}

/// <summary>Bytes of red, green, blue and one that does not count.</summary>
internal readonly struct RgbaLoader : IPixelLoader<byte>
{
    public static int Step => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(ref byte pixel) => ByteLoader.Load(ref pixel);

    public static Vector128<float> LoadLast(ref byte pixel) => ByteLoader.Load(ref pixel);
}

/// <summary>Bytes of blue, green, red and one that does not count.</summary>
internal readonly struct BgraLoader : IPixelLoader<byte>
{
    public static int Step => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(ref byte pixel) => BgrLoader.Load(ref pixel);

    public static Vector128<float> LoadLast(ref byte pixel) => BgrLoader.Load(ref pixel);
}

/// <summary>Bytes that are red, green and blue alike.</summary>
internal readonly struct GrayLoader : IPixelLoader<byte>
{
    public static int Step => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(ref byte pixel) => Vector128.Create((float)pixel);

    public static Vector128<float> LoadLast(ref byte pixel) => Vector128.Create((float)pixel);
}

/// <summary>Floats.</summary>
internal readonly struct FloatLoader : IPixelLoader<float>
{
    public static int Step => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(ref float pixel) => Vector128.LoadUnsafe(ref pixel);

    public static Vector128<float> LoadLast(ref float pixel) =>
        Vector128.Create(pixel, Unsafe.Add(ref pixel, 1), Unsafe.Add(ref pixel, 2), 0f);
}

/// <summary>How an affine map is applied.</summary>
internal interface IPixelMap
{
    static abstract Vector128<float> Apply(Vector128<float> rgb, in PixelAffine affine);
}

/// <summary>Each channel by itself.</summary>
internal readonly struct DiagonalMap : IPixelMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Apply(Vector128<float> rgb, in PixelAffine affine) => (rgb * affine.Scale) + affine.Offset;
}

/// <summary>Channels mixed or exchanged.</summary>
internal readonly struct MatrixMap : IPixelMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Apply(Vector128<float> rgb, in PixelAffine affine) =>
        (Vector128.Shuffle(rgb, Vector128<int>.Zero) * affine.R)
        + (Vector128.Shuffle(rgb, Vector128.Create(1, 1, 1, 1)) * affine.G)
        + (Vector128.Shuffle(rgb, Vector128.Create(2, 2, 2, 2)) * affine.B)
        + affine.Offset;
}
