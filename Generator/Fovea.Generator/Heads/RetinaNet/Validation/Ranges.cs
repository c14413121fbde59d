using Fovea.Generator.Declarations;

namespace Fovea.Generator.Heads.RetinaNet.Validation;

/// <summary>The ranges of the head's numbers.</summary>
internal static class Ranges
{
    /// <summary>Of an IoU that is compared with others: 0 would take everything.</summary>
    public static readonly NumberRange IoU = new(0, 1, AboveMin: true);

    public static readonly NumberRange Score = new(0, 1, BelowMax: true);

    public static readonly NumberRange Prior = new(0, 1, AboveMin: true, BelowMax: true);

    public static readonly NumberRange Alpha = new(0, 1);

    public static readonly NumberRange Gamma = new(0, 100);

    /// <summary>γ of FL*, by which it is divided.</summary>
    public static readonly NumberRange Steepness = new(0, 100, AboveMin: true);

    /// <summary>β of FL*.</summary>
    public static readonly NumberRange Shift = new(-100, 100);

    /// <summary>Of a loss weight and of β.</summary>
    public static readonly NumberRange Positive = new(0, float.MaxValue);

    public static readonly NumberRange BaseSize = new(0, 64, AboveMin: true);

    public static readonly NumberRange Ratio = new(0.01, 100);
}
