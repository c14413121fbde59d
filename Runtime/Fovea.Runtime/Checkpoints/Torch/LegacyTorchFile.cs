using System.Buffers.Binary;
using System.Numerics;

namespace Fovea.Checkpoints.Torch;

/// <summary>
/// Files of <c>torch.save</c> before 1.6: pickles one after the other (a magic number, the format's version, the machine, the object, the
/// storages' keys), then the storages in the order of the keys, each with its length before it.
/// </summary>
/// <remarks>Source: torch/serialization.py, _legacy_save and _legacy_load.</remarks>
internal static class LegacyTorchFile
{
    private const string Part = "the pickles";
    private const long FormatVersion = 1001;

    /// <summary>0x1950a86a20f9469cfc6c.</summary>
    private static readonly BigInteger Magic = (new BigInteger(0x1950a86a20f9469c) << 16) + 0xfc6c;

    /// <summary>Whether a file that begins so is a pickle.</summary>
    public static bool IsStart(ReadOnlySpan<byte> start) => start is [(byte)PickleOpcode.Proto, >= 2 and <= 5, ..];

    /// <summary>The tensors of the file's state dict, by name.</summary>
    /// <exception cref="CheckpointException">It is damaged, holds no state dict, or asks for more than one needs.</exception>
    public static Dictionary<string, StateTensor> Read(FileContent content)
    {
        var length = content.Length();
        var objects = new TorchObjects();
        var reader = new PickleReader(content, Part, 0, length, objects);
        try
        {
            CheckStart(reader);
            var root = reader.Read();
            PlaceStorages(content, reader, objects, length);
            return TorchStateDict.Find(root);
        }
        catch (PickleException e)
        {
            throw new CheckpointException(content.Name, e.Message, e);
        }
    }

    private static void CheckStart(PickleReader reader)
    {
        if (reader.Read() is not BigInteger magic || magic != Magic)
        {
            throw new PickleException("expected torch.save's magic number, found another pickle: save it with torch.save(model.state_dict(), file).");
        }

        if (reader.Read() is not FormatVersion)
        {
            throw new PickleException($"expected torch.save's format {FormatVersion}, found another.");
        }

        if ((reader.Read() as PickleDict)?.Find("little_endian") is not true)
        {
            throw new PickleException("expected numbers of a little-endian machine, found others: save it on such a machine.");
        }
    }

    private static void PlaceStorages(FileContent content, PickleReader reader, TorchObjects objects, long length)
    {
        var keys = (reader.Read() as PickleList)?.Items ?? throw new PickleException("expected a list of the storages' keys, found another value.");
        var place = reader.Position;
        Span<byte> prefix = stackalloc byte[sizeof(long)];
        foreach (var item in keys)
        {
            var storage = item is string { Length: <= SafetensorsHeader.MaxName } key && objects.Storages.TryGetValue(key, out var named) && named.Place is null
                ? named
                : throw new PickleException("the list of storages: expected each key of the state dict once, found another.");
            content.Read(place, prefix, $"storage \"{storage.Key}\"");
            var stored = BinaryPrimitives.ReadInt64LittleEndian(prefix);
            place += prefix.Length;
            if (stored != storage.Length)
            {
                throw new PickleException($"storage \"{storage.Key}\": expected {storage.Length} elements, found {stored} at byte {place - prefix.Length}.");
            }

            if (storage.Bytes > length - place)
            {
                throw new PickleException($"storage \"{storage.Key}\": expected {storage.Bytes} bytes at {place}, found {length - place}: the file is cut off.");
            }

            storage.Place = place;
            place += storage.Bytes;
        }

        if (objects.Storages.Values.FirstOrDefault(s => s.Place is null) is { } missing)
        {
            throw new PickleException($"storage \"{missing.Key}\": expected it in the list of storages, found none.");
        }
    }
}
