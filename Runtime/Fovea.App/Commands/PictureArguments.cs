using System.CommandLine;
using System.CommandLine.Parsing;
using Fovea.App.Detecting;

namespace Fovea.App.Commands;

/// <summary>Which pictures a command takes: the argument, <c>--recursive</c>, <c>--list</c>.</summary>
internal sealed class PictureArguments
{
    private const string Input = "-";

    private readonly Argument<string[]> pictures = new("picture")
    {
        Description = "Files, folders, patterns with * and ** (in quotes), or - for one picture on the input stream. The content decides what is "
            + "a picture: JPEG, PNG, WebP, BMP, GIF.",
        Arity = ArgumentArity.ZeroOrMore,
        HelpName = "PICTURE",
    };

    private readonly Option<bool> recursive = new("--recursive", "-r") { Description = "Take pictures in the folders of a folder, too." };

    private readonly Option<string?> list = new("--list")
    {
        Description = "A text that names pictures and folders, a line each (or divided by NUL, as find -print0 writes them); - is the input "
            + "stream.",
        HelpName = "FILE",
    };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(pictures);
        command.Add(recursive);
        command.Add(list);
        command.Validators.Add(Check);
    }

    /// <summary>Finds what they name.</summary>
    /// <param name="parsed">Checked.</param>
    /// <param name="output">The folder that is written to.</param>
    public PictureSources Find(ParseResult parsed, string output)
    {
        var sources = new PictureSources(parsed.GetValue(recursive), output);
        foreach (var argument in parsed.GetValue(pictures) ?? [])
        {
            if (argument == Input)
            {
                sources.AddContent(ReadInput());
            }
            else
            {
                sources.Add(argument);
            }
        }

        if (parsed.GetValue(list) is { } file)
        {
            foreach (var path in Lines(file))
            {
                sources.AddPath(path);
            }
        }

        return sources;
    }

    private void Check(CommandResult result)
    {
        var named = result.GetResult(pictures)?.Tokens.Select(t => t.Value).ToArray() ?? [];
        var listed = result.GetResult(list)?.Tokens is [var file] ? file.Value : null;
        if (named.Length == 0 && listed is null)
        {
            result.AddError("expected pictures: files, folders, patterns, - for one on the input stream, or --list FILE.");
        }
        else if (named.Count(n => n == Input) + (listed == Input ? 1 : 0) > 1)
        {
            result.AddError("- can be given once: there is one input stream.");
        }
    }

    private static byte[] ReadInput()
    {
        using var stream = Console.OpenStandardInput();
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    private static string[] Lines(string file)
    {
        var text = file == Input ? System.Text.Encoding.UTF8.GetString(ReadInput()) : File.ReadAllText(file);
        return text.Contains('\0', StringComparison.Ordinal)
            ? text.Split('\0', StringSplitOptions.RemoveEmptyEntries)
            : text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
