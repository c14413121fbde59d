using System.Text;

namespace Fovea.Checkpoints.Torch;

/// <summary>
/// Files of <c>torch.save</c> since 1.6: a zip archive that stores <c>NAME/data.pkl</c>, and each storage as <c>NAME/data/KEY</c>.
/// </summary>
/// <remarks>Source: torch/serialization.py, _save and _load; caffe2/serialize/inline_container.h.</remarks>
internal static class TorchArchive
{
    private const string Pickle = "/data.pkl";

    /// <summary>Whether a file that begins so is a zip archive.</summary>
    public static bool IsStart(ReadOnlySpan<byte> start) => start.StartsWith("PK\x03\x04"u8) || start.StartsWith("PK\x05\x06"u8);

    /// <summary>The tensors of the file's state dict, by name.</summary>
    /// <exception cref="CheckpointException">It is damaged, holds no state dict, or asks for more than one needs.</exception>
    public static Dictionary<string, StateTensor> Read(FileContent content)
    {
        var entries = ZipDirectory.Read(content);
        var pickle = PickleOf(entries, content.Name);
        var folder = pickle.Name[..^Pickle.Length];
        CheckByteOrder(entries, folder, content);
        var objects = new TorchObjects(Place);
        var reader = new PickleReader(content, pickle.Name, pickle.Offset, pickle.Offset + pickle.Length, objects);
        var root = reader.Read();
        try
        {
            return TorchStateDict.Find(root);
        }
        catch (PickleException e)
        {
            throw new CheckpointException(content.Name, $"{pickle.Name}: {e.Message}", e);
        }

        void Place(TorchStorage storage)
        {
            if (!entries.TryGetValue($"{folder}/data/{storage.Key}", out var entry))
            {
                throw new PickleException($"names storage \"{storage.Key}\", but the archive has no {folder}/data/{storage.Key}.");
            }

            if (entry.Length != storage.Bytes)
            {
                throw new PickleException(
                    $"names storage \"{storage.Key}\" of {storage.Length} {storage.Type}, {storage.Bytes} bytes, but {entry.Name} has {entry.Length}.");
            }

            storage.Place = entry.Offset;
        }
    }

    private static ZipEntry PickleOf(Dictionary<string, ZipEntry> entries, string file)
    {
        var pickles = entries.Values.Where(e => e.Name.EndsWith(Pickle, StringComparison.Ordinal) && e.Name.IndexOf('/') == e.Name.Length - Pickle.Length).ToArray();
        if (pickles is not [var pickle])
        {
            var names = string.Join(", ", entries.Keys.Order(StringComparer.Ordinal).Take(4).Select(name => CheckpointException.Shorten(name)));
            throw new CheckpointException(
                file, $"expected one data.pkl in one folder of the archive, as torch.save makes it, found {pickles.Length} among {entries.Count} entries ({names}).");
        }

        if (entries.ContainsKey(pickle.Name[..^Pickle.Length] + "/constants.pkl"))
        {
            throw new CheckpointException(
                file, "expected a state dict, found a TorchScript program. Save only the state dict: torch.save(model.state_dict(), file).");
        }

        // No entry is ever unpacked, so that none can become longer than the file.
        return entries.Values.FirstOrDefault(e => e.Packed is not null) is { } packed
            ? throw new CheckpointException(
                file, $"{packed.Name}: expected an entry that is stored as it is, as torch.save stores them, found one that is {packed.Packed}: save it anew.")
            : pickle;
    }

    /// <summary>Since torch 2.1 an entry says it; before, it was the machine's, and these were little endian.</summary>
    private static void CheckByteOrder(Dictionary<string, ZipEntry> entries, string folder, FileContent content)
    {
        if (!entries.TryGetValue(folder + "/byteorder", out var entry))
        {
            return;
        }

        Span<byte> text = stackalloc byte[16];
        text = text[..(int)Math.Min(text.Length, entry.Length)];
        content.Read(entry.Offset, text, entry.Name);
        if (!text.SequenceEqual("little"u8))
        {
            throw new CheckpointException(
                content.Name, $"{entry.Name}: expected \"little\", found \"{Encoding.ASCII.GetString(text)}\": save it on a little-endian machine.");
        }
    }
}
