using System.Globalization;

namespace Fovea.Data.Reading;

/// <summary>
/// Binds a data set's names to the members of the class enum. A name that differs from a class's in upper and lower case or in what stands
/// between its words is taken for it, and noted, where one class alone is meant.
/// </summary>
internal sealed class ClassBinder<TClass>(DatasetOptions options)
    where TClass : struct, Enum
{
    private static readonly ClassMap<TClass> Classes = ClassMap<TClass>.Instance;
    private readonly Dictionary<string, Binding> bindings = new(StringComparer.Ordinal);
    private readonly ILookup<string, string> byLooseName = Classes.Channels.Select(c => Classes.Names[c]!).ToLookup(Loose);

    /// <summary>A category that the data set lists, with objects or without.</summary>
    public void Declare(string name) => Of(name);

    /// <summary>The class that a name is taken for, if any.</summary>
    public TClass? ClassOf(string name) => Of(name).Class;

    /// <summary>The class of an object's name; null where there is none, which <see cref="Check"/> tells.</summary>
    public TClass? Use(string name)
    {
        var binding = Of(name);
        binding.Objects++;
        return binding.Class;
    }

    /// <summary>Compares the names with the enum: unknown and missing ones in one problem, what was taken all the same as notes.</summary>
    /// <param name="field">Where the names stand.</param>
    /// <param name="listsAll">Whether the data set lists its categories, so that a class without one is wrong.</param>
    /// <param name="problems">Takes the problem.</param>
    /// <param name="notes">Takes the notes.</param>
    public void Check(string field, bool listsAll, DatasetProblems problems, List<string> notes)
    {
        var names = bindings.OrderBy(b => b.Key, StringComparer.Ordinal).ToArray();
        foreach (var (name, binding) in names.Where(b => b.Value.Taken is not null).Take(20))
        {
            notes.Add($"'{DataFile.Shorten(name, 60)}' differs only in case or separators from class '{binding.Taken}': taken for it.");
        }

        string[] unused = [.. names.Where(b => b.Value is { Class: null, Objects: 0 }).Select(b => b.Key)];
        string[] unknown = [.. names.Where(b => b.Value is { Class: null, Objects: > 0 }).Select(b => b.Key)];
        var found = names.Where(b => b.Value.Class is not null).Select(b => Classes.NameOf(b.Value.Class!.Value)).ToHashSet();
        string[] missing = listsAll && !options.AllowMissingClasses
            ? [.. Classes.Channels.Select(c => Classes.Names[c]!).Where(n => !found.Contains(n))]
            : [];
        if (unknown.Length > 0 && options.SkipUnknownCategories)
        {
            var objects = unknown.Sum(n => bindings[n].Objects);
            notes.Add(string.Create(
                CultureInfo.InvariantCulture, $"{objects} objects of categories without a class skipped: {DatasetProblems.Quote(unknown)}."));
            unknown = [];
        }

        if (unused.Length > 0 && missing.Length == 0)
        {
            notes.Add($"categories without a class and without objects left out: {DatasetProblems.Quote(unused)}.");
        }

        if (unknown.Length > 0 || missing.Length > 0)
        {
            problems.Add($"{field}: expected the classes of {typeof(TClass).Name}; {Explain(unknown, missing, unused)}.");
        }
    }

    private string Explain(string[] unknown, string[] missing, string[] unused)
    {
        var parts = new List<string>();
        if (unknown.Length > 0)
        {
            parts.Add($"categories without a member of {typeof(TClass).Name}: {DatasetProblems.Quote(unknown)} "
                + "(add members, with [ClassName(\"…\")] where the name is no identifier, or skip them: SkipUnknownCategories, --skip-unknown)");
        }

        foreach (var name in unknown.Where(n => byLooseName[Loose(n)].Any()).Take(3))
        {
            parts.Add($"'{DataFile.Shorten(name, 60)}' differs only in case or separators from {DatasetProblems.Quote([.. byLooseName[Loose(name)]])}: "
                + "write it as the class meant");
        }

        if (missing.Length > 0)
        {
            var others = unused.Length > 0 ? $"; the categories {DatasetProblems.Quote(unused)} have neither class nor objects" : "";
            parts.Add($"members of {typeof(TClass).Name} without a category: {DatasetProblems.Quote(missing)} "
                + $"(correct the name with [ClassName(\"…\")], or allow it: AllowMissingClasses, --allow-missing){others}");
        }

        return string.Join("; ", parts);
    }

    private Binding Of(string name)
    {
        if (bindings.TryGetValue(name, out var binding))
        {
            return binding;
        }

        binding = new Binding();
        if (Classes.TryFind(name, out var value))
        {
            binding.Class = value;
        }
        else if (byLooseName[Loose(name)].ToArray() is [var only] && Classes.TryFind(only, out value))
        {
            (binding.Class, binding.Taken) = (value, only);
        }

        return bindings[name] = binding;
    }

    private static string Loose(string name) =>
        string.Concat(name.Where(c => c is not (' ' or '_' or '-')).Select(char.ToUpperInvariant));

    private sealed class Binding
    {
        public TClass? Class { get; set; }

        public string? Taken { get; set; }

        public long Objects { get; set; }
    }
}
