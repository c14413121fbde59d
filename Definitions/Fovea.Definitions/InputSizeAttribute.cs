using System;

namespace Fovea;

/// <summary>
/// A fixed canvas: images are scaled to fit and padded. Repeatable; the generated documentation has costs and memory for each size.
/// Excludes
/// <see cref="ResizeAttribute"/>, which is the default of every preset but MlPerf (800×800).
/// </summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class InputSizeAttribute : Attribute
{
    /// <summary>A canvas of the given size.</summary>
    /// <param name="width">Pixels: a multiple of 32, from 32 to 16384.</param>
    /// <param name="height">Pixels: a multiple of 32, from 32 to 16384.</param>
    public InputSizeAttribute(int width, int height)
    {
        Width = width;
        Height = height;
    }

    /// <summary>In pixels.</summary>
    public int Width { get; }

    /// <summary>In pixels.</summary>
    public int Height { get; }
}
