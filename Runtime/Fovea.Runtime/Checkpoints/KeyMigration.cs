using System.Globalization;

namespace Fovea.Checkpoints;

/// <summary>
/// Key names from before torchvision 0.12, when the FPN's and the head's convolutions were not yet wrapped in a sequence:
/// <c>backbone.fpn.{inner,layer}_blocks.{i}.weight → ….{i}.0.weight</c> and
/// <c>head.{classification,regression}_head.conv.{2i}.weight → ….conv.{i}.0.weight</c> (the odd numbers were the ReLUs).
/// </summary>
/// <remarks>
/// Source: torchvision ops/feature_pyramid_network.py and models/detection/retinanet.py, _load_from_state_dict for version &lt; 2.
/// </remarks>
internal static class KeyMigration
{
    private static readonly string[] Pyramids = ["backbone.fpn.inner_blocks.", "backbone.fpn.layer_blocks."];
    private static readonly string[] Heads = ["head.classification_head.conv.", "head.regression_head.conv."];

    /// <summary>The name of today, which is the same for names that never changed.</summary>
    public static string Translate(string key)
    {
        foreach (var prefix in Pyramids)
        {
            if (TrySplit(key, prefix, out var index, out var rest))
            {
                return $"{prefix}{index}.0.{rest}";
            }
        }

        foreach (var prefix in Heads)
        {
            if (TrySplit(key, prefix, out var index, out var rest) && index % 2 == 0)
            {
                return $"{prefix}{index / 2}.0.{rest}";
            }
        }

        return key;
    }

    /// <summary>Whether the key is prefix, number, "weight" or "bias": today's names have a second number.</summary>
    private static bool TrySplit(string key, string prefix, out int index, out string rest)
    {
        (index, rest) = (0, "");
        if (!key.StartsWith(prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var tail = key[prefix.Length..].Split('.');
        if (tail.Length != 2 || tail[1] is not ("weight" or "bias") || !int.TryParse(tail[0], CultureInfo.InvariantCulture, out index))
        {
            return false;
        }

        rest = tail[1];
        return true;
    }
}
