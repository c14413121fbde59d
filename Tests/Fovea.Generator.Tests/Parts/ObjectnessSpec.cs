namespace Fovea.Generator.Tests.Parts;

// Inside, so that the compiler's own types win over those of Definitions.
using Fovea.Generator.Spec;

/// <summary>What was declared of the toy head.</summary>
/// <param name="Margin">How far a cell with an object is to be from one without.</param>
/// <param name="Width">Channels of its one hidden convolution.</param>
internal sealed record ObjectnessSpec(double Margin, int Width) : HeadSpec
{
    public override string Declaration => ObjectnessNames.Declaration;

    public override int AnchorsPerCell => 1;

    public static ObjectnessSpec Of(ModelSpec spec) => (ObjectnessSpec)spec.Head;
}

/// <summary>What the toy head knows of its attributes, as <c>KnownNames</c> does of Fovea's.</summary>
internal static class ObjectnessNames
{
    public const string Declaration = "Fovea.ObjectnessAttribute`1";

    public const string Cells = "Fovea.CellsAttribute";

    public const string Margin = "Margin";

    public const string Width = "Width";
}
