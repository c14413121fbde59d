using System;

namespace Fovea;

/// <summary>
/// Declares a RetinaNet detector: <c>[RetinaNet&lt;BloodCell&gt;] public partial class CellDetector;</c>. The compiler writes the class:
/// its network, forward and
/// backward code, <c>Create</c> and <c>Load</c>. Every other attribute of this namespace refines the declaration.
/// </summary>
/// <typeparam name="TClass">
/// The classes. A member's value is its channel, so there are K = greatest value + 1 channels; gaps and 0 are allowed, negative values and
/// aliases are not.
/// </typeparam>
/// <remarks>
/// The class must be a partial, top-level, non-generic class without a base class of its own. Source: Lin et al., arXiv:1708.02002, section
/// 4.
/// </remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class RetinaNetAttribute<TClass> : Attribute
    where TClass : struct, Enum
{
    /// <summary>The preset <see cref="Preset.Fovea"/> and its backbone, <see cref="Backbone.ResNet50"/>.</summary>
    public RetinaNetAttribute()
    {
    }

    /// <summary>The preset <see cref="Preset.Fovea"/> with another backbone.</summary>
    /// <param name="backbone">The backbone.</param>
    public RetinaNetAttribute(Backbone backbone) => Backbone = backbone;

    /// <summary>A preset with its own backbone: ResNet-50, of <see cref="Preset.MlPerf"/> ResNeXt-50-32x4d.</summary>
    /// <param name="preset">Where all values come from that are not declared.</param>
    public RetinaNetAttribute(Preset preset) => Preset = preset;

    /// <summary>A preset with another backbone.</summary>
    /// <param name="backbone">The backbone.</param>
    /// <param name="preset">Where all values come from that are not declared.</param>
    public RetinaNetAttribute(Backbone backbone, Preset preset)
    {
        Backbone = backbone;
        Preset = preset;
    }

    /// <summary>The backbone; null for the preset's.</summary>
    public Backbone? Backbone { get; }

    /// <summary>Where all values come from that are not declared.</summary>
    public Preset Preset { get; }

    /// <summary>
    /// Whether backward goes on to the pixels: a training session then has the gradient of the loss with respect to its input, for saliency
    /// maps, adversarial
    /// examples and checks. It costs one more pass through the stem and, in front of frozen stages, through those. Default false.
    /// </summary>
    public bool InputGradient { get; set; }
}
