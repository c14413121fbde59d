using Microsoft.CodeAnalysis;

namespace Fovea.Generator.Declarations;

/// <summary>
/// Every diagnostic but the heads' own: what was found, what was expected, what to do. docs/diagnostics.md has a section for each. Below
/// FOV100 are errors, with which there is no model and which nothing can turn off; from FOV100 on warnings; FOV900 is the compiler's own.
/// </summary>
internal static class Rules
{
    /// <summary>The page whose sections the help links name.</summary>
    private const string Page = "https://github.com/fovea/fovea/blob/main/docs/diagnostics.md";

    // The declared type.
    public static readonly DiagnosticDescriptor StaticType = New(
        "FOV001", "A detector cannot be static", "Detector '{0}' is static, but a detector is an object with weights: remove 'static'");

    public static readonly DiagnosticDescriptor AbstractType = New(
        "FOV002", "A detector cannot be abstract",
        "Detector '{0}' is abstract, but Create and Load make instances of it: remove 'abstract'");

    public static readonly DiagnosticDescriptor GenericType = New(
        "FOV003", "A detector cannot be generic",
        "Detector '{0}' has type parameters, but its classes come from the attribute: remove '<{1}>'");

    public static readonly DiagnosticDescriptor NestedType = New(
        "FOV004", "A detector cannot be nested", "Detector '{0}' is nested in '{1}': move it into a namespace");

    public static readonly DiagnosticDescriptor RecordType = New(
        "FOV005", "A detector cannot be a record",
        "Detector '{0}' is a record, which cannot derive from Detector<T>: declare it as a class");

    public static readonly DiagnosticDescriptor FileLocalType = New(
        "FOV006", "A detector cannot be file-local", "Detector '{0}' is file-local, so no generated file can add to it: make it internal");

    public static readonly DiagnosticDescriptor OtherBase = New(
        "FOV007", "A detector cannot have another base class",
        "Detector '{0}' derives from '{1}', but a detector derives from Detector<T>: remove ': {1}'");

    public static readonly DiagnosticDescriptor PrimaryConstructor = New(
        "FOV008", "A detector cannot have a primary constructor",
        "Detector '{0}' has a primary constructor, which Create and Load cannot call: remove the parameters behind its name");

    public static readonly DiagnosticDescriptor RequiredMember = New(
        "FOV009", "A detector cannot have required members",
        "Member '{0}.{1}' is required, but Create and Load do not set it: remove 'required' and give it a first value");

    // The class enum.
    public static readonly DiagnosticDescriptor NoClasses = New(
        "FOV010", "The class enum is empty", "Class enum '{0}' has no members: declare one for each class to detect");

    public static readonly DiagnosticDescriptor NegativeClass = New(
        "FOV011", "A class has a negative value", "Class '{0}.{1}' has the value {2}, but a member's value is its channel: use 0 or more");

    public static readonly DiagnosticDescriptor ClassTooLarge = New(
        "FOV012", "A class has a very large value",
        "Class '{0}.{1}' has the value {2}, which would make {3} channels: number the classes below {4} (flags are no classes)");

    public static readonly DiagnosticDescriptor SharedChannel = New(
        "FOV013", "Two classes share a channel", "Classes '{0}.{1}' and '{0}.{2}' both have the value {3}: give each class its own value");

    public static readonly DiagnosticDescriptor ClassNameTaken = New(
        "FOV014", "A class name is empty or taken", "Class '{0}.{1}' is named \"{2}\", which is {3}: give each class its own [ClassName]");

    public static readonly DiagnosticDescriptor HiddenClasses = New(
        "FOV015", "The class enum is less accessible than the detector",
        "Class enum '{0}' is less accessible than the public detector '{1}': make the enum public or the detector internal");

    public static readonly DiagnosticDescriptor ClassesInDetector = New(
        "FOV016", "The class enum is nested in the detector",
        "Class enum '{0}' is nested in detector '{1}', whose base class names it: move the enum out");

    public static readonly DiagnosticDescriptor FileLocalClasses = New(
        "FOV017", "The class enum is file-local",
        "Class enum '{0}' is file-local, so the generated part of '{1}' cannot name it: make it internal");

    // Enum arguments.
    public static readonly DiagnosticDescriptor UndefinedMember = New(
        "FOV020", "An argument is no member of its enum", "{0} has no member with this value{1}: use one of {2}");

    // [Backbone]
    public static readonly DiagnosticDescriptor CustomWithoutBlocks = New(
        "FOV021", "A custom backbone needs its blocks",
        "Backbone.Custom does not say how many blocks each stage has: add [Backbone(StageBlocks = [2, 2, 2, 2])] or name a published backbone");

    public static readonly DiagnosticDescriptor FixedByBackbone = New(
        "FOV022", "A named backbone fixes its shape", "{0} is {1}, but {2} has {3}: remove the argument or use Backbone.Custom");

    public static readonly DiagnosticDescriptor StageBlocks = New(
        "FOV023", "StageBlocks is out of range", "StageBlocks is {0}: give four numbers from 1 to 256, for layer1 to layer4");

    public static readonly DiagnosticDescriptor BackboneWidth = New(
        "FOV024", "A width or group count of the backbone is out of range", "{0} is {1}: use {2}");

    public static readonly DiagnosticDescriptor BasicBlockWidth = New(
        "FOV025", "A basic block has no groups",
        "{0} is {1}, but basic blocks have {2}: remove the argument or use ResidualBlock.Bottleneck");

    public static readonly DiagnosticDescriptor BottleneckTooNarrow = New(
        "FOV026", "A bottleneck has no channels left",
        "BaseWidth {0} with WidthPerGroup {1} makes layer1's bottlenecks ⌊{0} · {1} / 64⌋ = 0 channels wide in each group: raise one of them to a product of 64 or more");

    public static readonly DiagnosticDescriptor NormGroups = New(
        "FOV027", "The groups of the backbone's norm divide no width",
        "NormGroups is {0}, which does not divide the {1} channels of {2}: use a divisor of every width");

    public static readonly DiagnosticDescriptor FrozenStages = New(
        "FOV028", "FrozenStages is out of range",
        "FrozenStages is {0}: use 0 (nothing), 1 (stem), 2 (stem and layer1) … 5 (the whole backbone)");

    public static readonly DiagnosticDescriptor BottleneckTooWide = New(
        "FOV029", "A bottleneck is too wide",
        "The bottlenecks of {0} would have {1} channels, ⌊planes · WidthPerGroup / 64⌋ · Groups: keep them to {2} or fewer");

    // [Pyramid]
    public static readonly DiagnosticDescriptor PyramidLevel = New("FOV030", "A pyramid level is out of range", "{0} is {1}: use {2}");

    public static readonly DiagnosticDescriptor PyramidOrder = New(
        "FOV031", "The pyramid ends before it begins", "MaxLevel is {1}, below MinLevel {0}: use MinLevel ≤ MaxLevel");

    public static readonly DiagnosticDescriptor PyramidChannels = New(
        "FOV032", "The pyramid's width is out of range", "Channels is {0}: use 1 to 4096");

    // [InputSize] and [Resize]
    public static readonly DiagnosticDescriptor InputSize = New(
        "FOV070", "An input size is out of range", "The {0} is {1} pixels: use a multiple of 32 from 32 to 16384{2}");

    public static readonly DiagnosticDescriptor InputSizeTwice = New(
        "FOV071", "An input size is declared twice", "[InputSize({0}, {1})] is declared twice: remove one");

    public static readonly DiagnosticDescriptor SizeAndResize = New(
        "FOV072", "Fixed and variable canvases exclude each other",
        "'{0}' declares both [InputSize] and [Resize]: keep fixed canvases or the variable one");

    public static readonly DiagnosticDescriptor ResizeSide = New(
        "FOV073", "A side of the resize is out of range", "{0} is {1}: use 32 to 16384 pixels");

    public static readonly DiagnosticDescriptor ResizeOrder = New(
        "FOV074", "The resize's longer side is the shorter", "Max is {1}, below Min {0}: use Min ≤ Max");

    // The detector's members.
    public static readonly DiagnosticDescriptor MemberTaken = New(
        "FOV080", "A member of the detector is generated", "Detector '{0}' has {1} of its own, but the compiler generates it: rename or remove it");

    public static readonly DiagnosticDescriptor NameTaken = New(
        "FOV081", "A detector is called as one of its generated members",
        "Detector '{0}' is called as a member that the compiler generates, and no member has its class's name: rename the detector");

    public static readonly DiagnosticDescriptor OldLanguage = New(
        "FOV082", "The language version is too old",
        "The generated code of detector '{0}' needs C# 13 or later, but this project's is C# {1}: raise LangVersion or remove it");

    public static readonly DiagnosticDescriptor HiddenSystem = New(
        "FOV083", "A type hides the namespace System",
        "Detector '{0}' cannot be generated, because a global type 'System' hides the namespace System: rename it or move it");

    // Sizes and numbers.
    public static readonly DiagnosticDescriptor TooManyParameters = New(
        "FOV085", "The model has too many parameters",
        "The model would store {0} parameters, {1} of them in {2}, but {3} is the most: make {2} smaller");

    public static readonly DiagnosticDescriptor MapTooLarge = New(
        "FOV086", "A feature map is too large",
        "{0} would have a feature map of {1} elements on a canvas of {2}×{3}, but {4} is the most: use fewer channels or a smaller canvas");

    public static readonly DiagnosticDescriptor LostAsFloat = New(
        "FOV087", "A number is lost in single precision",
        "{0} is {1}, which becomes {2} in single precision, in which the network computes: use a number that a float can tell from {2}");

    // Warnings.
    public static readonly DiagnosticDescriptor NoDetector = Warn(
        "FOV100", "An attribute refines no detector", "[{0}] has no effect, because '{1}' has no [RetinaNet<T>]: add that or remove this");

    public static readonly DiagnosticDescriptor UnusedP6From = Warn(
        "FOV101", "P6From has no effect without P6", "P6From has no effect, because the pyramid ends with P{0}: remove it or raise MaxLevel");

    public static readonly DiagnosticDescriptor UnusedNormGroups = Warn(
        "FOV102", "NormGroups has no effect without group norm",
        "NormGroups has no effect, because the backbone's norm is {0}: remove it or use Norm.GroupNorm");

    public static readonly DiagnosticDescriptor UnusedNormStatistics = Warn(
        "FOV103", "NormStatistics has no effect without batch norm",
        "NormStatistics has no effect, because the backbone's norm is {0}: remove it or use Norm.BatchNorm");

    public static readonly DiagnosticDescriptor FlagsAsClasses = Warn(
        "FOV110", "The class enum has flags",
        "Class enum '{0}' has [Flags], but a member's value is its channel and an object has one class: remove [Flags] and number the classes");

    public static readonly DiagnosticDescriptor BackgroundClass = Warn(
        "FOV111", "A class is called background",
        "Class '{0}.{1}' is called background, which needs no class: anchors without an object are background already; remove it");

    // The compiler itself.
    public static readonly DiagnosticDescriptor CompilerFailed = New(
        "FOV900", "The model compiler failed",
        "Fovea cannot compile detector '{0}', which is a mistake of its own: {1} in {2}, \"{3}\"; please report it with the detector's declaration");

    /// <summary>In the order of their ids.</summary>
    public static IReadOnlyList<DiagnosticDescriptor> All { get; } =
    [
        StaticType, AbstractType, GenericType, NestedType, RecordType, FileLocalType, OtherBase, PrimaryConstructor, RequiredMember,
        NoClasses, NegativeClass, ClassTooLarge, SharedChannel, ClassNameTaken, HiddenClasses, ClassesInDetector, FileLocalClasses,
        UndefinedMember,
        CustomWithoutBlocks, FixedByBackbone, StageBlocks, BackboneWidth, BasicBlockWidth, BottleneckTooNarrow, NormGroups, FrozenStages,
        BottleneckTooWide,
        PyramidLevel, PyramidOrder, PyramidChannels,
        InputSize, InputSizeTwice, SizeAndResize, ResizeSide, ResizeOrder,
        MemberTaken, NameTaken, OldLanguage, HiddenSystem,
        TooManyParameters, MapTooLarge, LostAsFloat,
        NoDetector, UnusedP6From, UnusedNormGroups, UnusedNormStatistics, FlagsAsClasses, BackgroundClass,
        CompilerFailed,
    ];

    /// <summary>An error stays one: whoever turns it off would have a detector that throws when it is made.</summary>
    public static DiagnosticDescriptor New(string id, string title, string message) =>
        Descriptor(id, title, message, DiagnosticSeverity.Error, WellKnownDiagnosticTags.NotConfigurable);

    /// <summary>A warning, which the user may turn off.</summary>
    public static DiagnosticDescriptor Warn(string id, string title, string message) =>
        Descriptor(id, title, message, DiagnosticSeverity.Warning);

    private static DiagnosticDescriptor Descriptor(string id, string title, string message, DiagnosticSeverity severity, params string[] tags) =>
        new(id, title, message, "Fovea", severity, isEnabledByDefault: true, helpLinkUri: Page + "#" + id.ToLowerInvariant(), customTags: tags);
}
