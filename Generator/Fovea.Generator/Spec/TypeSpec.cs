namespace Fovea.Generator.Spec;

/// <summary>
/// What the declared type is like: whether it can be generated into, and how a public surface can be written for it if not.
/// </summary>
/// <remarks>Equality contract: see <see cref="ModelSpec"/>.</remarks>
internal sealed record TypeSpec
{
    public static TypeSpec Ordinary { get; } = new();

    /// <summary>Every part is partial. Otherwise CS0260 is reported on the part that is not.</summary>
    public bool IsPartial { get; init; } = true;

    public bool IsStatic { get; init; }

    public bool IsAbstract { get; init; }

    public bool IsRecord { get; init; }

    public bool IsFileLocal { get; init; }

    public BaseKind Base { get; init; }

    /// <summary>The declared base class for messages; empty where there is none.</summary>
    public string BaseName { get; init; } = "";

    /// <summary>Names, in order.</summary>
    public EquatableArray<string> TypeParameters { get; init; }

    /// <summary>"partial class Outer&lt;T&gt;", outermost first.</summary>
    public EquatableArray<string> ContainingTypes { get; init; }

    /// <summary>Whether code can be generated into the containing types.</summary>
    public bool ContainersArePartial { get; init; } = true;

    public ClassEnumKind Classes { get; init; }

    /// <summary>Whether the class enum has the attribute <c>[Flags]</c>.</summary>
    public bool ClassesAreFlags { get; init; }

    /// <summary>The project's version of C# where generated code needs a later one; else empty.</summary>
    public string OldLanguage { get; init; } = "";

    /// <summary>
    /// Whether the program has a type <c>System</c> in the global namespace: it hides the namespace, which every generated file names.
    /// </summary>
    public bool SystemIsHidden { get; init; }

    public bool HasPrimaryConstructor { get; init; }

    /// <summary>Whether a constructor of the generated signature calls the base class's: the public surface then has one.</summary>
    public bool CallsBaseConstructor { get; init; }

    /// <summary>
    /// Members of the user's own that the generated part would declare a second time, by their names: Classes, Create, .ctor.
    /// </summary>
    public EquatableArray<string> TakenMembers { get; init; }

    /// <summary>Members that whoever makes a detector would have to set.</summary>
    public EquatableArray<string> RequiredMembers { get; init; }

    /// <summary>Whether the compiler itself reports the type: a diagnostic of ours would be a second error for one mistake.</summary>
    public bool CompilerReports =>
        !IsPartial || Base == BaseKind.Unresolved || Classes is ClassEnumKind.NotAnEnum or ClassEnumKind.Unusable;
}

internal enum BaseKind
{
    /// <summary>None declared: the generated part declares it.</summary>
    None,

    /// <summary>Detector&lt;TClass&gt; itself, which is allowed.</summary>
    Detector,

    Other,

    /// <summary>Detector, or the detector of other classes.</summary>
    OtherDetector,

    /// <summary>The compiler does not find it, or reports that nothing can derive from it.</summary>
    Unresolved,
}

internal enum ClassEnumKind
{
    Usable,

    /// <summary>No enum, or not found: the attribute's constraint makes the compiler report it.</summary>
    NotAnEnum,

    /// <summary>Less accessible than the detector, whose base class names it.</summary>
    LessAccessible,

    /// <summary>Nested in the detector, whose base class must not depend on the detector itself.</summary>
    NestedInDetector,

    /// <summary>Seen in its own file alone, and so by no generated one.</summary>
    FileLocal,

    /// <summary>Private to another type, or with members that do not compile: the compiler reports it.</summary>
    Unusable,
}

/// <param name="Member">The identifier.</param>
/// <param name="Name">As data sets write it.</param>
/// <param name="Value">The channel, if it is one; wide enough for every underlying type.</param>
internal readonly record struct ClassMember(string Member, string Name, decimal Value);
