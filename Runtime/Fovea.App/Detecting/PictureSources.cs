using System.IO.Enumeration;
using Fovea.Data.Reading;
using Microsoft.Extensions.FileSystemGlobbing;
using Microsoft.Extensions.FileSystemGlobbing.Abstractions;

namespace Fovea.App.Detecting;

/// <summary>
/// The pictures that arguments name: files, folders, patterns with <c>*</c> and <c>**</c> (which a shell that is given them in quotes
/// leaves to the program), and <c>-</c> for one on the input stream. What names nothing is a failure like a picture that cannot be read.
/// </summary>
internal sealed class PictureSources
{
    private static readonly StringComparer Names = OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;

    private static readonly string[] DrawnEndings = [".detections.png", ".detections.jpg"];

    private readonly bool recursive;
    private readonly string? output;
    private readonly List<PictureSource> found = [];
    private readonly List<PictureFailure> failures = [];
    private readonly HashSet<string> seen = new(Names);

    /// <param name="recursive">Whether folders are read with the folders in them.</param>
    /// <param name="output">
    /// The folder that is written to: nothing in it is taken for a picture of a folder around it, and where it is named itself, nothing
    /// that earlier runs drew there. Null: none.
    /// </param>
    public PictureSources(bool recursive, string? output) =>
        (this.recursive, this.output) = (recursive, output is null ? null : Folder(output));

    /// <summary>What named nothing.</summary>
    public IReadOnlyList<PictureFailure> Failures => failures;

    /// <summary>Adds what an argument names.</summary>
    public void Add(string argument)
    {
        if (Directory.Exists(argument) || File.Exists(argument) || !argument.Contains('*', StringComparison.Ordinal))
        {
            AddPath(argument);
        }
        else
        {
            AddPattern(argument);
        }
    }

    /// <summary>Adds a file or the pictures of a folder.</summary>
    public void AddPath(string path)
    {
        if (Directory.Exists(path))
        {
            AddFolder(path);
        }
        else if (File.Exists(path))
        {
            Add(path, Path.GetFileName(path));
        }
        else
        {
            failures.Add(new PictureFailure(
                path, $"{path}: expected a picture, a folder or a pattern with * or **, found no file of this name."));
        }
    }

    /// <summary>Adds a picture that came by the input stream.</summary>
    public void AddContent(byte[] content) => found.Add(new PictureSource("stdin", "stdin", null, content));

    /// <summary>
    /// The pictures in the order in which they were named, folders' by name. Where two from different folders would have one name, all have
    /// their paths from the folder that holds all of them.
    /// </summary>
    public IReadOnlyList<PictureSource> ToList()
    {
        if (found.Select(f => f.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count() == found.Count)
        {
            return found;
        }

        var common = CommonFolder([.. found.Select(f => f.Path).OfType<string>()]);
        return [.. found.Select(f => f.Path is { } path ? f with { Name = NameIn(common, path) } : f)];
    }

    private void AddFolder(string folder)
    {
        IEnumerable<string> Pictures(bool deep) => new FileSystemEnumerable<string>(
            folder, (ref FileSystemEntry e) => e.ToSpecifiedFullPath(), DeepOptions(deep))
        {
            ShouldIncludePredicate = (ref FileSystemEntry e) => !e.IsDirectory && ImageNames.IsImage(e.FileName.ToString()),

            // A link to a folder above would lead round and round.
            ShouldRecursePredicate = (ref FileSystemEntry e) => !e.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };

        var pictures = Pictures(recursive).Where(p => !IsWritten(p, folder)).Order(StringComparer.Ordinal).ToArray();
        foreach (var picture in pictures)
        {
            Add(picture, NameIn(folder, picture));
        }

        if (pictures.Length == 0)
        {
            var deeper = recursive ? 0 : Pictures(true).Count(p => !IsWritten(p, folder));
            failures.Add(new PictureFailure(folder, $"{folder}: expected pictures, found none"
                + (deeper > 0 ? FormattableString.Invariant($" but {deeper} in the folders below; --recursive takes them.") : ".")));
        }
    }

    private void AddPattern(string pattern)
    {
        var parts = Slashes(pattern).Split('/');
        var wild = Array.FindIndex(parts, p => p.Contains('*', StringComparison.Ordinal));
        var start = string.Join('/', parts[..wild]);
        var folder = wild == 0 ? "." : start.Length == 0 ? "/" : start;
        var matcher = new Matcher(PathComparison);
        matcher.AddInclude(string.Join('/', parts[wild..]));

        // Of "photos/*" only what is a picture; "*.dat" says itself what is meant.
        var takesAll = parts[^1].Trim('*').Length > 0;
        var pictures = Directory.Exists(folder)
            ? matcher.Execute(new DirectoryInfoWrapper(new DirectoryInfo(folder))).Files
                .Select(f => wild == 0 ? f.Path : Path.Combine(folder, f.Path))
                .Where(p => (takesAll || ImageNames.IsImage(p)) && !IsWritten(p, folder)).Order(StringComparer.Ordinal).ToArray()
            : [];
        foreach (var picture in pictures)
        {
            Add(picture, NameIn(folder, picture));
        }

        if (pictures.Length == 0)
        {
            failures.Add(new PictureFailure(
                pattern, $"{pattern}: expected pictures whose paths fit this pattern, found none (* is any name, ** any folders)."));
        }
    }

    private void Add(string path, string name)
    {
        var whole = Path.GetFullPath(path);
        if (seen.Add(whole))
        {
            found.Add(new PictureSource(path, name, whole));
        }
    }

    /// <summary>
    /// Whether a picture lies where this command writes, and either the folder that was named does not or the name is one that this
    /// command gives.
    /// </summary>
    private bool IsWritten(string picture, string named) => output is not null
        && Path.GetFullPath(picture).StartsWith(output, PathComparison)
        && (!Folder(named).StartsWith(output, PathComparison) || DrawnEndings.Any(e => picture.EndsWith(e, PathComparison)));

    private static StringComparison PathComparison =>
        OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;

    private static EnumerationOptions DeepOptions(bool deep) => new()
    {
        RecurseSubdirectories = deep,
        IgnoreInaccessible = false,
        AttributesToSkip = FileAttributes.Hidden | FileAttributes.System,
    };

    private static string Folder(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)) + Path.DirectorySeparatorChar;

    /// <summary>The path from a folder, with slashes; from another drive the whole path without its colon.</summary>
    private static string NameIn(string folder, string path)
    {
        var from = Path.GetFullPath(folder.Length == 0 ? Path.GetPathRoot(path)! : folder);
        var name = Slashes(Path.GetRelativePath(from, Path.GetFullPath(path)));
        return Path.IsPathRooted(name) ? name.Replace(":", "", StringComparison.Ordinal).TrimStart('/') : name;
    }

    private static string Slashes(string path) => OperatingSystem.IsWindows() ? path.Replace('\\', '/') : path;

    private static string CommonFolder(string[] paths)
    {
        var common = Path.GetDirectoryName(paths[0]) ?? "";
        foreach (var path in paths)
        {
            while (common.Length > 0 && !path.StartsWith(Folder(common), PathComparison))
            {
                common = Path.GetDirectoryName(common) ?? "";
            }
        }

        return common;
    }
}
