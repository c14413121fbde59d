namespace Fovea.Tests.Architecture;

/// <summary>A project's folders from bottom to top.</summary>
/// <param name="project">Its folder in the repository.</param>
/// <param name="rows">Folders of one row do not know each other.</param>
internal sealed class Layers(string project, params string[][] rows)
{
    private readonly Dictionary<string, int> levels =
        rows.SelectMany((row, level) => row.Select(folder => (folder, level))).ToDictionary(f => f.folder, f => f.level);

    /// <summary><c>File -> Type</c> with the reason why it may be so.</summary>
    public Dictionary<string, string> Exceptions { get; } = [];

    public void Check()
    {
        Skip.If(Repository.Folder is null, "The tests do not run inside the repository.");
        var missing = levels.Keys.Where(folder => !Directory.Exists(Repository.PathOf(Path.Combine(project, folder))));
        var problems = missing.Select(folder => $"{folder}: no such folder").Concat(Problems(SourceArrows.Of(project))).ToList();
        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    /// <summary>A line for each arrow that leads upward or aside, and for each exception that nothing needs.</summary>
    public IEnumerable<string> Problems(IEnumerable<Arrow> arrows)
    {
        var unused = Exceptions.Keys.ToHashSet();
        var problems = new List<string>();
        foreach (var arrow in arrows)
        {
            if (Problem(arrow) is { } problem)
            {
                var exception = $"{arrow.Place.Split(':')[0]} -> {arrow.Name.Split('.', '<')[0]}";
                if (Exceptions.ContainsKey(exception))
                {
                    unused.Remove(exception);
                }
                else
                {
                    problems.Add(problem);
                }
            }
        }

        return problems.Distinct().Concat(unused.Select(exception => $"The exception {exception} is not needed any more"));
    }

    private string? Problem(Arrow arrow)
    {
        if (RowOf(arrow.From) is not { } from)
        {
            return $"{arrow.From} has no row in the table";
        }

        // A partial type is known where its lowest part is.
        var rows = arrow.To.Select(RowOf).ToArray();
        if (rows.Any(to => to is { } row && (row == from || levels[row] < levels[from])))
        {
            return null;
        }

        var folders = arrow.To.Select(folder => folder.Length > 0 ? folder : "the project's own folder");
        var target = $"{arrow.Place} names {arrow.Name} of {string.Join(", ", folders)}";
        return rows[0] is { } first && levels[first] == levels[from]
            ? $"{target}: neither lies above the other"
            : $"{target}: {from} lies below";
    }

    /// <summary>The folder itself, or the one above it, that the table names.</summary>
    private string? RowOf(string folder) =>
        levels.ContainsKey(folder) ? folder : folder.Split('/') is [var first, _] && levels.ContainsKey(first) ? first : null;
}
