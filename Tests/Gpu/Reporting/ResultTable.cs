using System.Globalization;
using System.Text;

namespace Fovea.Gpu.Reporting;

/// <summary>The entries as a table for people.</summary>
internal static class ResultTable
{
    private const int ItemWidth = 54;
    private const int NoteWidth = 240;

    /// <summary>Each stage with its entries, details only where they failed, then a summary.</summary>
    public static string Render(IReadOnlyList<Entry> entries)
    {
        var text = new StringBuilder();
        foreach (var stage in entries.GroupBy(e => e.Stage, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n== {stage.Key}\n");
            foreach (var entry in stage.Where(e => !e.IsDetail || e.Ok == false))
            {
                text.Append(Line(entry)).Append('\n');
            }
        }

        text.Append("\n== summary\n");
        foreach (var stage in entries.GroupBy(e => e.Stage, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{stage.Key,-14} {stage.Count(e => e.Ok == true),6} ok");
            text.Append(CultureInfo.InvariantCulture, $"{stage.Count(e => e.Ok == false),6} failed");
            text.Append(CultureInfo.InvariantCulture, $"{stage.Count(e => e.Ok is null),6} without verdict\n");
        }

        return text.ToString();
    }

    /// <summary>One row.</summary>
    public static string Line(Entry entry)
    {
        var mark = entry.Ok switch { true => "ok  ", false => "FAIL", null => "-   " };
        var value = entry.Value is { } v ? string.Create(CultureInfo.InvariantCulture, $"{v:G6} {entry.Unit}") : "";
        var note = entry.Note.ReplaceLineEndings(" ");
        note = note.Length > NoteWidth ? note[..NoteWidth] + "…" : note;
        return string.Create(CultureInfo.InvariantCulture, $"{mark} {entry.Item,-ItemWidth} {value,16}  {note}").TrimEnd();
    }
}
