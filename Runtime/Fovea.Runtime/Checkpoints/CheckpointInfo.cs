using System.Text.Json;

namespace Fovea.Checkpoints;

/// <summary>The keys that Fovea writes into a checkpoint's <c>__metadata__</c>.</summary>
internal static class CheckpointKeys
{
    /// <summary>The declared class.</summary>
    public const string Model = "fovea.model";

    /// <summary>The backbone, in words for messages.</summary>
    public const string Backbone = "fovea.backbone";

    /// <summary>Hash of everything that decides shape and meaning.</summary>
    public const string Fingerprint = "fovea.fingerprint";

    /// <summary>JSON array of K names, null for gaps.</summary>
    public const string Classes = "fovea.classes";

    /// <summary>ε to which the stored variances of frozen batch norms belong.</summary>
    public const string FrozenBatchNormEpsilon = "fovea.frozen_batch_norm_epsilon";

    /// <summary>Epochs trained.</summary>
    public const string Epoch = "fovea.epoch";

    /// <summary>AP on the validation set.</summary>
    public const string Ap = "fovea.ap";

    public static string WriteClasses(string?[] names)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartArray();
            foreach (var name in names)
            {
                json.WriteStringValue(name);
            }

            json.WriteEndArray();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
