using System.Runtime.InteropServices;

namespace Fovea.Detection;

/// <summary>A box relative to an anchor: displacement of the centre in anchor sizes, logarithms of the size ratios.</summary>
/// <param name="Dx">(centre x − anchor's) / anchor width.</param>
/// <param name="Dy">(centre y − anchor's) / anchor height.</param>
/// <param name="Dw">ln(width / anchor width).</param>
/// <param name="Dh">ln(height / anchor height).</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct BoxDeltas(float Dx, float Dy, float Dw, float Dh);

/// <summary>What deltas are multiplied by when they are encoded.</summary>
/// <param name="X">Of dx.</param>
/// <param name="Y">Of dy.</param>
/// <param name="W">Of dw.</param>
/// <param name="H">Of dh.</param>
internal readonly record struct BoxWeights(float X, float Y, float W, float H)
{
    /// <summary>(1, 1, 1, 1): RetinaNet's.</summary>
    public static BoxWeights One => new(1, 1, 1, 1);
}

/// <summary>Between boxes and deltas, in float32 and in torchvision's order of operations.</summary>
/// <remarks>Source: torchvision/models/detection/_utils.py (0.14), encode_boxes and BoxCoder.decode_single.</remarks>
internal static class BoxCoder
{
    /// <summary>ln(1000 / 16): decoding cuts dw and dh off here, from above only.</summary>
    public const float MaximumLogSize = 4.135166556742356f;

    /// <summary>
    /// The deltas that turn <paramref name="anchor"/> into <paramref name="box"/>. Both must have positive width and height.
    /// </summary>
    public static BoxDeltas Encode(in Box box, in Box anchor) => Encode(box, anchor, BoxWeights.One);

    /// <summary>The deltas that turn <paramref name="anchor"/> into <paramref name="box"/>, times the weights.</summary>
    public static BoxDeltas Encode(in Box box, in Box anchor, BoxWeights weights)
    {
        var anchorWidth = anchor.Width;
        var anchorHeight = anchor.Height;
        var width = box.Width;
        var height = box.Height;
        return new(
            weights.X * (box.X1 + 0.5f * width - (anchor.X1 + 0.5f * anchorWidth)) / anchorWidth,
            weights.Y * (box.Y1 + 0.5f * height - (anchor.Y1 + 0.5f * anchorHeight)) / anchorHeight,
            weights.W * MathF.Log(width / anchorWidth),
            weights.H * MathF.Log(height / anchorHeight));
    }

    /// <summary>The box that the deltas make of <paramref name="anchor"/>.</summary>
    public static Box Decode(in BoxDeltas deltas, in Box anchor) => Decode(deltas, anchor, BoxWeights.One);

    /// <summary>The box that the deltas, divided by the weights, make of <paramref name="anchor"/>.</summary>
    public static Box Decode(in BoxDeltas deltas, in Box anchor, BoxWeights weights)
    {
        var anchorWidth = anchor.Width;
        var anchorHeight = anchor.Height;
        var x = deltas.Dx / weights.X * anchorWidth + (anchor.X1 + 0.5f * anchorWidth);
        var y = deltas.Dy / weights.Y * anchorHeight + (anchor.Y1 + 0.5f * anchorHeight);
        var halfWidth = 0.5f * (MathF.Exp(MathF.Min(deltas.Dw / weights.W, MaximumLogSize)) * anchorWidth);
        var halfHeight = 0.5f * (MathF.Exp(MathF.Min(deltas.Dh / weights.H, MaximumLogSize)) * anchorHeight);
        return new(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight);
    }

    /// <summary>
    /// The gradient with respect to the deltas of a loss whose gradient with respect to the decoded box is (x1, y1, x2, y2).
    /// Where dw or dh is cut off its gradient is 0; at the limit itself it still passes (torch.clamp).
    /// </summary>
    public static BoxDeltas DecodeBackward(
        in BoxDeltas deltas, in Box anchor, BoxWeights weights, (double X1, double Y1, double X2, double Y2) gradient)
    {
        double anchorWidth = anchor.Width;
        double anchorHeight = anchor.Height;
        var dw = deltas.Dw / weights.W;
        var dh = deltas.Dh / weights.H;
        return new(
            (float)((gradient.X1 + gradient.X2) * anchorWidth / weights.X),
            (float)((gradient.Y1 + gradient.Y2) * anchorHeight / weights.Y),
            dw <= MaximumLogSize ? (float)(0.5 * (gradient.X2 - gradient.X1) * Math.Exp(dw) * anchorWidth / weights.W) : 0,
            dh <= MaximumLogSize ? (float)(0.5 * (gradient.Y2 - gradient.Y1) * Math.Exp(dh) * anchorHeight / weights.H) : 0);
    }
}
