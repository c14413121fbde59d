namespace Fovea.Generator;

/// <summary>
/// All names that the generator knows of other projects; it references none of them. A test reflects over those projects and asserts that
/// each name exists.
/// In a nested class <c>Attribute</c> is the metadata name, and every other constant an argument: a settable property, or a parameter of a
/// constructor. The names that a head has for itself are in its folder.
/// </summary>
internal static partial class KnownNames
{
    /// <summary>What a generated detector derives from.</summary>
    public const string Detector = "Fovea.Detector";

    public const string GenericDetector = "Fovea.Detector`1";

    public const string DetectorOptions = "Fovea.DetectorOptions";

    public const string LoadOptions = "Fovea.LoadOptions";

    internal static class RetinaNet
    {
        public const string Attribute = "Fovea.RetinaNetAttribute`1";
        public const string Backbone = "backbone";
        public const string Preset = "preset";
        public const string InputGradient = "InputGradient";

        /// <summary>The type argument.</summary>
        public const string Classes = "TClass";
    }

    internal static class Backbone
    {
        public const string Attribute = "Fovea.BackboneAttribute";
        public const string Block = "Block";
        public const string StageBlocks = "StageBlocks";
        public const string BaseWidth = "BaseWidth";
        public const string Groups = "Groups";
        public const string WidthPerGroup = "WidthPerGroup";
        public const string Norm = "Norm";
        public const string NormStatistics = "NormStatistics";
        public const string FrozenStages = "FrozenStages";
        public const string NormGroups = "NormGroups";
    }

    internal static class Pyramid
    {
        public const string Attribute = "Fovea.PyramidAttribute";
        public const string MinLevel = "MinLevel";
        public const string MaxLevel = "MaxLevel";
        public const string Channels = "Channels";
        public const string P6From = "P6From";
    }

    internal static class InputSize
    {
        public const string Attribute = "Fovea.InputSizeAttribute";
        public const string Width = "width";
        public const string Height = "height";
    }

    internal static class Resize
    {
        public const string Attribute = "Fovea.ResizeAttribute";
        public const string Min = "Min";
        public const string Max = "Max";
        public const string Rule = "Rule";
    }

    internal static class ClassName
    {
        public const string Attribute = "Fovea.ClassNameAttribute";
        public const string Name = "name";
    }
}
