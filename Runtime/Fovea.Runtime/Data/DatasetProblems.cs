using System.Text;

namespace Fovea.Data;

/// <summary>Collects what is wrong with a data set, so that one reading reports everything, and not one mistake for each attempt.</summary>
internal sealed class DatasetProblems(string file)
{
    private const int Shown = 20;
    private readonly List<string> problems = [];

    public int Count => problems.Count;

    public void Add(string field, string expected, string found, string? advice = null) =>
        problems.Add($"{field}: expected {expected}, found {found}{(advice is null ? "." : $"; {advice}.")}");

    public void Add(string problem) => problems.Add(problem);

    /// <summary>Throws one error with all problems, if there are any.</summary>
    public void ThrowIfAny()
    {
        if (problems.Count == 1)
        {
            throw new DatasetException(file, problems[0]);
        }

        if (problems.Count > 1)
        {
            var text = new StringBuilder().Append(problems.Count).Append(" problems.");
            foreach (var problem in problems.Take(Shown))
            {
                text.Append("\n  ").Append(problem);
            }

            if (problems.Count > Shown)
            {
                text.Append("\n  … and ").Append(problems.Count - Shown).Append(" more.");
            }

            throw new DatasetException(file, text.ToString());
        }
    }
}
