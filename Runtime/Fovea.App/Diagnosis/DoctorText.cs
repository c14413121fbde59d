using System.Text;

namespace Fovea.App.Diagnosis;

/// <summary>Findings for a person to read: a line each, and under what is missing for what it is needed and what brings it.</summary>
internal static class DoctorText
{
    private static readonly string Indent = new(' ', 24);

    /// <summary>All of them.</summary>
    public static string Write(DoctorReport report)
    {
        var text = new StringBuilder();
        var topic = "";
        foreach (var f in report.Findings)
        {
            if (f.Topic != topic)
            {
                text.AppendLine(topic = f.Topic);
            }

            text.AppendLine(FormattableString.Invariant($"  {Word(f.Verdict),-8} {f.Name,-12} {f.Found}"));
            if (f.NeededFor is not null)
            {
                text.AppendLine($"{Indent}needed for {f.NeededFor}");
            }

            if (f.Command is not null)
            {
                text.AppendLine($"{Indent}$ {f.Command}");
            }
        }

        var problems = report.Findings.Count(f => f.Verdict == Verdict.Problem);
        var end = problems switch { 0 => "no problems", 1 => "1 problem", _ => FormattableString.Invariant($"{problems} problems") };
        return text.AppendLine(end).ToString();
    }

    private static string Word(Verdict verdict) => verdict switch { Verdict.Ok => "ok", Verdict.Note => "note", _ => "problem" };
}
