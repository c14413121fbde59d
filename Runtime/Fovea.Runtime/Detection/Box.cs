namespace Fovea;

/// <summary>An axis-aligned box in pixels: corners, x to the right, y downwards. Width is <c>X2 − X1</c>; there is no "+1".</summary>
/// <param name="X1">Left.</param>
/// <param name="Y1">Top.</param>
/// <param name="X2">Right.</param>
/// <param name="Y2">Bottom.</param>
public readonly record struct Box(float X1, float Y1, float X2, float Y2)
{
    /// <summary>X2 − X1.</summary>
    public float Width => X2 - X1;

    /// <summary>Y2 − Y1.</summary>
    public float Height => Y2 - Y1;

    /// <summary>Width · height, 0 for an inverted box.</summary>
    public float Area => Math.Max(0, Width) * Math.Max(0, Height);

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"[{X1:0.#}, {Y1:0.#}, {X2:0.#}, {Y2:0.#}]");
}
