namespace Fovea.Ops.BoxLoss;

/// <summary>
/// A number with its derivatives with respect to four variables (forward-mode differentiation). It writes torch's rules down once: max and
/// min share the gradient
/// of a tie, clamp passes it up to and including the limit.
/// </summary>
internal readonly record struct Dual(double Value, double D0 = 0, double D1 = 0, double D2 = 0, double D3 = 0)
{
    /// <summary>Variable number <paramref name="index"/>.</summary>
    public static Dual Variable(double value, int index) =>
        new(value, index == 0 ? 1 : 0, index == 1 ? 1 : 0, index == 2 ? 1 : 0, index == 3 ? 1 : 0);

    public static implicit operator Dual(double value) => new(value);

    public static Dual operator +(Dual a, Dual b) => a.Apply(b, a.Value + b.Value, 1, 1);

    public static Dual operator -(Dual a, Dual b) => a.Apply(b, a.Value - b.Value, 1, -1);

    public static Dual operator *(Dual a, Dual b) => a.Apply(b, a.Value * b.Value, b.Value, a.Value);

    public static Dual operator /(Dual a, Dual b) => a.Apply(b, a.Value / b.Value, 1 / b.Value, -a.Value / (b.Value * b.Value));

    public static Dual Max(Dual a, Dual b) => a.Apply(b, Math.Max(a.Value, b.Value), Share(a.Value, b.Value), Share(b.Value, a.Value));

    public static Dual Min(Dual a, Dual b) => a.Apply(b, Math.Min(a.Value, b.Value), Share(b.Value, a.Value), Share(a.Value, b.Value));

    public static Dual Exp(Dual a) => a.Apply(default, Math.Exp(a.Value), Math.Exp(a.Value), 0);

    public static Dual Atan(Dual a) => a.Apply(default, Math.Atan(a.Value), 1 / (1 + a.Value * a.Value), 0);

    public static Dual Abs(Dual a) => a.Apply(default, Math.Abs(a.Value), Math.Sign(a.Value), 0);

    /// <summary>min(a, limit) with the gradient of torch.clamp(max).</summary>
    public static Dual ClampAbove(Dual a, double limit) => a.Value <= limit ? a : limit;

    /// <summary>The value as a constant (torch.no_grad).</summary>
    public Dual Detach() => Value;

    private static double Share(double a, double b) => a > b ? 1 : a == b ? 0.5 : 0;

    /// <summary>A function of two numbers from its value and its partial derivatives.</summary>
    private Dual Apply(Dual other, double value, double by, double byOther) => new(
        value,
        by * D0 + byOther * other.D0,
        by * D1 + byOther * other.D1,
        by * D2 + byOther * other.D2,
        by * D3 + byOther * other.D3);
}
