namespace Fovea;

/// <summary>A kind of picture file, told by its first bytes.</summary>
public enum ImageFormat
{
    /// <summary>One that only a codec of its own knows.</summary>
    Other,

    /// <summary>ISO/IEC 10918: baseline, extended or progressive; gray, YCbCr, RGB, CMYK or YCCK.</summary>
    Jpeg,

    /// <summary>Portable Network Graphics: any depth, palette, alpha, interlaced.</summary>
    Png,

    /// <summary>Lossy or lossless; the first frame of an animation.</summary>
    Webp,

    /// <summary>Windows' and OS/2's bitmaps, also with run lengths.</summary>
    Bmp,

    /// <summary>The first frame on its logical screen.</summary>
    Gif,

    /// <summary>TIFF 6.0 in strips; the first page.</summary>
    Tiff,
}
