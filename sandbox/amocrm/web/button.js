// Imitation of amoCRM's button script: puts a button after each script tag of class amocrm_oauth or kommo_oauth.
// With data-client-id it asks for a known integration; with data-name, data-redirect_uri and data-secrets_uri for a
// new one.
(function () {
  'use strict';
  var self = document.currentScript;
  var origin = new URL(self ? self.src : window.location.href).origin;
  var colors = { default: '#339dc7', blue: '#1976d2', violet: '#7b4fd0', green: '#2e8b57', orange: '#d9772b', red: '#c0392b' };

  function address(script) {
    var q = new URLSearchParams();
    ['client-id', 'state', 'mode', 'name', 'description', 'redirect_uri', 'secrets_uri', 'logo', 'scopes'].forEach(function (name) {
      var value = script.getAttribute('data-' + name);
      if (value) q.set(name.replace('-', '_'), value);
    });
    if (!q.has('mode')) q.set('mode', 'popup');
    if (script.getAttribute('data-error-callback')) q.set('error_callback', '1');
    return origin + '/oauth?' + q.toString();
  }

  function open(url) {
    var left = Math.max(0, (window.screen.width - 600) / 2);
    var top = Math.max(0, (window.screen.height - 700) / 2);
    var popup = window.open(url, 'amocrm_oauth', 'width=600,height=700,scrollbars=yes,left=' + left + ',top=' + top);
    if (!popup) window.location.href = url;
  }

  function draw(script) {
    if (script.hasAttribute('data-drawn')) return;
    script.setAttribute('data-drawn', '');
    var compact = script.getAttribute('data-compact') === 'true';
    var button = document.createElement('button');
    button.type = 'button';
    button.className = script.getAttribute('data-class-name') || 'amocrm-oauth';
    button.textContent = compact ? 'amoCRM' : script.getAttribute('data-title') || 'Connect to amoCRM';
    button.title = 'Local imitation of amoCRM';
    button.style.cssText = 'font:inherit;padding:.5em 1em;border:0;border-radius:4px;color:#fff;cursor:pointer;background:' +
      (colors[script.getAttribute('data-color')] || colors.default);
    button.addEventListener('click', function () { open(address(script)); });
    script.insertAdjacentElement('afterend', button);
  }

  function drawAll() {
    document.querySelectorAll('script.amocrm_oauth, script.kommo_oauth').forEach(draw);
  }

  window.addEventListener('message', function (event) {
    if (event.origin !== origin || !event.data || event.data.error !== 'access_denied') return;
    document.querySelectorAll('script.amocrm_oauth, script.kommo_oauth').forEach(function (script) {
      var callback = window[script.getAttribute('data-error-callback')];
      if (typeof callback === 'function') callback({ client_id: event.data.client_id, error: event.data.error });
    });
  });

  if (self) drawAll();
  document.addEventListener('DOMContentLoaded', drawAll);
  if (document.readyState !== 'loading') drawAll();
})();
