using System.Text;
using System.Text.Json;

namespace Fovea.EndToEnd.Goldens;

/// <summary>The manifest's hash recipe: tensors that no file stores, made from their name, seed, scale and offset.</summary>
internal static class HashedTensors
{
    public static float[] Make(JsonElement recipe)
    {
        var shape = recipe.GetProperty("shape").EnumerateArray().Select(d => d.GetInt32()).ToArray();
        var key = recipe.GetProperty("key").GetUInt32();
        var scale = recipe.GetProperty("scale").GetSingle();
        var offset = recipe.GetProperty("offset").GetSingle();
        var values = new float[shape.Aggregate(1, (a, b) => a * b)];
        for (var j = 0; j < values.Length; j++)
        {
            var scaled = Unit((uint)j, key) * scale;
            values[j] = scaled + offset;
        }

        return values;
    }

    /// <summary>Exact float32 in [−1, 1).</summary>
    public static float Unit(uint j, uint key)
    {
        var h = LowBias32(LowBias32(j) ^ key);
        return ((int)(h >> 8) - 8388608) * (1f / 8388608);
    }

    public static uint Key(string name, uint seed) => LowBias32(Fnv1a32(name) + (seed * 0x9E3779B9));

    public static uint LowBias32(uint x)
    {
        x ^= x >> 16;
        x *= 0x7FEB352D;
        x ^= x >> 15;
        x *= 0x846CA68B;
        return x ^ (x >> 16);
    }

    public static uint Fnv1a32(string name)
    {
        var h = 0x811C9DC5;
        foreach (var b in Encoding.UTF8.GetBytes(name))
        {
            h = (h ^ b) * 0x01000193;
        }

        return h;
    }
}
