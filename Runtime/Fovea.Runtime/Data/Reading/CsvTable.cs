using Microsoft.VisualBasic.FileIO;

namespace Fovea.Data.Reading;

/// <summary>The rows of a comma-separated file, with quotes as RFC 4180 has them; .NET's own parser, so that no package is needed for six
/// columns.</summary>
internal static class CsvTable
{
    /// <summary>Reads a file.</summary>
    /// <param name="file">UTF-8.</param>
    /// <param name="expected">What should be there, for messages.</param>
    /// <param name="problems">Takes rows that are malformed.</param>
    /// <returns>Rows with the line in which each begins.</returns>
    public static List<(long Line, string[] Columns)> Read(string file, string expected, DatasetProblems problems)
    {
        var lines = DataFile.ReadLines(file, expected);
        var rows = new List<(long Line, string[] Columns)>();
        using var parser = new TextFieldParser(new StringReader(string.Join('\n', lines))) { TextFieldType = FieldType.Delimited };
        parser.SetDelimiters(",");
        while (!parser.EndOfData)
        {
            var line = parser.LineNumber;
            try
            {
                if (parser.ReadFields() is { } columns)
                {
                    rows.Add((line, columns));
                }
            }
            catch (MalformedLineException)
            {
                problems.Add($"line {line}", "columns divided by commas", "a quote that does not end, or stands within a column");
            }
        }

        return rows;
    }
}
