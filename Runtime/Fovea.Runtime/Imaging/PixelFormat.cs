namespace Fovea;

/// <summary>The order of a pixel's bytes in memory.</summary>
public enum PixelFormat : byte
{
    /// <summary>Red, green, blue.</summary>
    Rgb,

    /// <summary>Blue, green, red, as OpenCV and Windows bitmaps have them.</summary>
    Bgr,

    /// <summary>Red, green, blue and alpha, which is dropped, not blended.</summary>
    Rgba,

    /// <summary>Blue, green, red and alpha, which is dropped, not blended.</summary>
    Bgra,

    /// <summary>One byte for all three.</summary>
    Gray,
}
