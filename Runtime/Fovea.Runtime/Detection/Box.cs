using System.Globalization;
using System.Runtime.InteropServices;

namespace Fovea;

/// <summary>
/// An axis-parallel box in pixels: (<see cref="X1"/>, <see cref="Y1"/>) upper left, (<see cref="X2"/>, <see cref="Y2"/>) lower right. No
/// "+1" anywhere.
/// </summary>
/// <param name="X1">Left edge.</param>
/// <param name="Y1">Upper edge.</param>
/// <param name="X2">Right edge.</param>
/// <param name="Y2">Lower edge.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct Box(float X1, float Y1, float X2, float Y2)
{
    /// <summary>X2 − X1.</summary>
    public float Width => X2 - X1;

    /// <summary>Y2 − Y1.</summary>
    public float Height => Y2 - Y1;

    /// <summary>Width · height (negative if just one of them is).</summary>
    public float Area => Width * Height;

    /// <summary>A box from its upper left corner and its size, as COCO's files write it.</summary>
    public static Box FromSize(float x, float y, float width, float height) => new(x, y, x + width, y + height);

    /// <summary>Intersection over union with another box.</summary>
    public float IoU(Box other) => Detection.BoxMath.IoU(this, other);

    /// <summary>This box, cut to an image of the given size (torchvision.ops.clip_boxes_to_image).</summary>
    public Box Clip(float width, float height) =>
        new(Clamp(X1, width), Clamp(Y1, height), Clamp(X2, width), Clamp(Y2, height));

    /// <summary>This box with its coordinates multiplied: from one image size to another.</summary>
    public Box Scale(float x, float y) => new(X1 * x, Y1 * y, X2 * x, Y2 * y);

    /// <summary>"[x1, y1, x2, y2]", one decimal, invariant culture.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"[{X1:0.#}, {Y1:0.#}, {X2:0.#}, {Y2:0.#}]");

    private static float Clamp(float value, float upper) => MathF.Min(MathF.Max(value, 0), upper);
}
