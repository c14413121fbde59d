using Fovea.Generator.Declarations;
using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Heads.RetinaNet.Validation;

/// <summary>The diagnostics about the head: as <see cref="Rules"/>.</summary>
internal static class Diagnostics
{
    // [Anchors]
    public static readonly DiagnosticDescriptor AnchorBaseSize = Rules.New(
        "FOV035", "The anchors' base size is out of range", "BaseSize is {0}: use a number of strides above 0 and at most 64 (default 4)");

    public static readonly DiagnosticDescriptor AnchorScales = Rules.New(
        "FOV036", "ScalesPerOctave is out of range", "ScalesPerOctave is {0}: use 1 to 16 (default 3)");

    public static readonly DiagnosticDescriptor AnchorRatios = Rules.New(
        "FOV037", "The anchors' ratios are out of range",
        "Ratios is {0}: give 1 to 16 different numbers height / width from 0.01 to 100 (default 0.5, 1, 2)");

    // [Head]
    public static readonly DiagnosticDescriptor HeadSize = Rules.New("FOV040", "The heads' size is out of range", "{0} is {1}: use {2}");

    public static readonly DiagnosticDescriptor HeadGroups = Rules.New(
        "FOV041", "The groups of the heads' norm do not divide their width",
        "Groups is {0}, which does not divide the heads' width {1}: use a divisor of {1}");

    public static readonly DiagnosticDescriptor Prior = Rules.New(
        "FOV042", "The prior probability is out of range", "Prior is {0}: use a number above 0 and below 1 (default 0.01)");

    // Losses.
    public static readonly DiagnosticDescriptor SeveralLosses = Rules.New(
        "FOV050", "A detector has one classification loss",
        "'{0}' declares {1}, but a detector has one classification loss: keep one of them");

    public static readonly DiagnosticDescriptor Alpha = Rules.New(
        "FOV051", "α is out of range", "Alpha is {0}: use a number from 0 to 1 (default {1})");

    public static readonly DiagnosticDescriptor Gamma = Rules.New(
        "FOV052", "γ is out of range", "Gamma is {0}: use a number from 0 to 100 (default 2)");

    public static readonly DiagnosticDescriptor LossWeight = Rules.New(
        "FOV053", "A loss weight is out of range", "Weight is {0}: use a finite number, 0 or more (default 1)");

    public static readonly DiagnosticDescriptor Beta = Rules.New(
        "FOV054", "β is out of range", "Beta is {0}: use a finite number, 0 (L1) or more (default 0.11)");

    public static readonly DiagnosticDescriptor Steepness = Rules.New(
        "FOV055", "γ of FocalLossStar is out of range", "Gamma is {0}: use a number above 0 and at most 100 (default 2)");

    public static readonly DiagnosticDescriptor Shift = Rules.New(
        "FOV056", "β of FocalLossStar is out of range", "Beta is {0}: use a number from -100 to 100 (default 1)");

    public static readonly DiagnosticDescriptor MiningBatch = Rules.New(
        "FOV057", "The number of hard examples is out of range", "BatchSize is {0}: use 1 to 100000 (default 128)");

    public static readonly DiagnosticDescriptor MiningIoU = Rules.New(
        "FOV058", "The NMS threshold of hard examples is out of range", "NmsIoU is {0}: use a number above 0 and at most 1 (default 0.7)");

    public static readonly DiagnosticDescriptor MiningRatio = Rules.New(
        "FOV059", "The ratio of hard examples is out of range",
        "PositiveRatio is {0}: use 1 to {1} background anchors for each foreground anchor, of BatchSize {2}, or 0 for no ratio (default 0)");

    // [Matching]
    public static readonly DiagnosticDescriptor MatchingIoU = Rules.New(
        "FOV060", "A matching threshold is out of range", "{0} is {1}: use a number above 0 and at most 1");

    public static readonly DiagnosticDescriptor MatchingOrder = Rules.New(
        "FOV061", "Background overlaps foreground", "BackgroundIoU is {0}, above ForegroundIoU {1}: use BackgroundIoU ≤ ForegroundIoU");

    // [PostProcessing]
    public static readonly DiagnosticDescriptor ScoreThreshold = Rules.New(
        "FOV065", "The score threshold is out of range", "ScoreThreshold is {0}: use a number from 0 to below 1 (default 0.05)");

    public static readonly DiagnosticDescriptor NmsIoU = Rules.New(
        "FOV066", "The NMS threshold is out of range", "NmsIoU is {0}: use a number above 0 and at most 1 (default 0.5)");

    public static readonly DiagnosticDescriptor DetectionCount = Rules.New(
        "FOV067", "A number of detections is out of range", "{0} is {1}: use {2}");

    // Warnings.
    public static readonly DiagnosticDescriptor UnusedHeadGroups = Rules.Warn(
        "FOV104", "Groups has no effect without a norm in the heads",
        "Groups has no effect, because the heads have no norm: remove it or use HeadNorm.GroupNorm");

    public static readonly DiagnosticDescriptor UnusedBeta = Rules.Warn(
        "FOV105", "Beta has no effect without smooth L1", "Beta has no effect, because the box loss is {0}: remove it or use BoxLoss.SmoothL1");

    public static readonly DiagnosticDescriptor UnusedSkipUncovered = Rules.Warn(
        "FOV106", "SkipUncovered has no effect without low-quality matches",
        "SkipUncovered has no effect, because AllowLowQuality is false: without it an anchor of IoU 0 is no ground truth's");

    public static readonly DiagnosticDescriptor UnusedNormalizer = Rules.Warn(
        "FOV107", "Normalizer has no effect with hard example mining",
        "Normalizer has no effect, because hard examples are divided by their own number: remove it or [OnlineHardExampleMining]");

    /// <summary>In the order of their ids.</summary>
    public static IReadOnlyList<DiagnosticDescriptor> All { get; } =
    [
        AnchorBaseSize, AnchorScales, AnchorRatios,
        HeadSize, HeadGroups, Prior,
        SeveralLosses, Alpha, Gamma, LossWeight, Beta, Steepness, Shift, MiningBatch, MiningIoU, MiningRatio,
        MatchingIoU, MatchingOrder,
        ScoreThreshold, NmsIoU, DetectionCount,
        UnusedHeadGroups, UnusedBeta, UnusedSkipUncovered, UnusedNormalizer,
    ];
}
