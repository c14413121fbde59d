using System.CommandLine;
using System.CommandLine.Parsing;
using Fovea.App.Detecting;

namespace Fovea.App.Commands;

/// <summary>Which pictures a command takes: the argument, <c>--recursive</c>, <c>--list</c>.</summary>
internal sealed class PictureArguments
{
    private const string Input = "-";

    // More than any encoded picture has; a stream without an end would fill the memory.
    private const int MostInput = 256 << 20;

    private readonly Argument<string[]> pictures = new("picture")
    {
        Description = "Files, folders, patterns with * and ** (in quotes), or - for one picture on the input stream. The content decides what is "
            + "a picture: JPEG, PNG, WebP, BMP, GIF, TIFF.",
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
    /// <param name="cancellation">Ends the wait for the input stream.</param>
    /// <exception cref="InvalidDataException">The input stream has too much.</exception>
    public async Task<PictureSources> FindAsync(ParseResult parsed, string output, CancellationToken cancellation)
    {
        var sources = new PictureSources(parsed.GetValue(recursive), output);
        foreach (var argument in parsed.GetValue(pictures) ?? [])
        {
            if (argument == Input)
            {
                sources.AddContent(await ReadInputAsync(cancellation).ConfigureAwait(false));
            }
            else
            {
                sources.Add(argument);
            }
        }

        if (parsed.GetValue(list) is { } file)
        {
            foreach (var path in await LinesAsync(file, cancellation).ConfigureAwait(false))
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

    /// <summary>Reads a stream to its end.</summary>
    /// <param name="stream">The input stream.</param>
    /// <param name="most">Bytes; more are an error.</param>
    /// <param name="cancellation">Ends the wait also where the stream itself, as the console's, heeds it only between reads.</param>
    /// <exception cref="InvalidDataException">There are more bytes.</exception>
    internal static async Task<byte[]> ReadAsync(Stream stream, int most, CancellationToken cancellation)
    {
        using var content = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (await stream.ReadAsync(buffer, cancellation).AsTask().WaitAsync(cancellation).ConfigureAwait(false) is > 0 and var read)
        {
            if (content.Length + read > most)
            {
                throw new InvalidDataException(FormattableString.Invariant(
                    $"-: expected at most {most >> 20} MiB on the input stream, found more; write it to a file and name that."));
            }

            content.Write(buffer, 0, read);
        }

        return content.ToArray();
    }

    private static async Task<byte[]> ReadInputAsync(CancellationToken cancellation)
    {
        using var stream = Console.OpenStandardInput();
        return await ReadAsync(stream, MostInput, cancellation).ConfigureAwait(false);
    }

    private static async Task<string[]> LinesAsync(string file, CancellationToken cancellation)
    {
        var text = file == Input ? System.Text.Encoding.UTF8.GetString(await ReadInputAsync(cancellation).ConfigureAwait(false))
            : await File.ReadAllTextAsync(file, cancellation).ConfigureAwait(false);
        return text.Contains('\0', StringComparison.Ordinal)
            ? text.Split('\0', StringSplitOptions.RemoveEmptyEntries)
            : text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
