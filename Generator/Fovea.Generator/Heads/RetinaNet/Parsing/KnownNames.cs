namespace Fovea.Generator;

/// <summary>The attributes of RetinaNet's head.</summary>
internal static partial class KnownNames
{
    internal static class Anchors
    {
        public const string Attribute = "Fovea.AnchorsAttribute";
        public const string BaseSize = "BaseSize";
        public const string ScalesPerOctave = "ScalesPerOctave";
        public const string Ratios = "Ratios";
        public const string Rounding = "Rounding";
        public const string Strides = "Strides";
    }

    internal static class Head
    {
        public const string Attribute = "Fovea.HeadAttribute";
        public const string Depth = "Depth";
        public const string Width = "Width";
        public const string Norm = "Norm";
        public const string Groups = "Groups";
        public const string Prior = "Prior";
    }

    internal static class FocalLoss
    {
        public const string Attribute = "Fovea.FocalLossAttribute";
        public const string Alpha = "Alpha";
        public const string Gamma = "Gamma";
        public const string Weight = "Weight";
    }

    internal static class CrossEntropyLoss
    {
        public const string Attribute = "Fovea.CrossEntropyLossAttribute";
        public const string Weight = "Weight";
    }

    internal static class BalancedCrossEntropyLoss
    {
        public const string Attribute = "Fovea.BalancedCrossEntropyLossAttribute";
        public const string Alpha = "Alpha";
        public const string Weight = "Weight";
    }

    internal static class FocalLossStar
    {
        public const string Attribute = "Fovea.FocalLossStarAttribute";
        public const string Gamma = "Gamma";
        public const string Beta = "Beta";
        public const string Weight = "Weight";
    }

    internal static class HardExamples
    {
        public const string Attribute = "Fovea.OnlineHardExampleMiningAttribute";
        public const string BatchSize = "BatchSize";
        public const string NmsIoU = "NmsIoU";
        public const string PositiveRatio = "PositiveRatio";
    }

    internal static class BoxLoss
    {
        public const string Attribute = "Fovea.BoxLossAttribute";
        public const string Kind = "kind";
        public const string Beta = "Beta";
        public const string Weight = "Weight";
    }

    internal static class Matching
    {
        public const string Attribute = "Fovea.MatchingAttribute";
        public const string ForegroundIoU = "ForegroundIoU";
        public const string BackgroundIoU = "BackgroundIoU";
        public const string AllowLowQuality = "AllowLowQuality";
        public const string SkipUncovered = "SkipUncovered";
        public const string Normalizer = "Normalizer";
    }

    internal static class PostProcessing
    {
        public const string Attribute = "Fovea.PostProcessingAttribute";
        public const string ScoreThreshold = "ScoreThreshold";
        public const string TopK = "TopK";
        public const string NmsIoU = "NmsIoU";
        public const string MaxDetections = "MaxDetections";
    }
}
